"""Other balancers, as they are installed by `setup.sh`; each in an environment of its own."""
