"""What the trainers and readers of others make of a dataset, each in an environment of its own.

    python -m benchmarks.consumers.made_dataset FOLDER
    CONSUMER/bin/python -m benchmarks.consumers.trl_sft FOLDER/dataset
    trl/bin/python -m benchmarks.consumers.exported FOLDER/dataset FOLDER/exported
    mlx/bin/python -m benchmarks.consumers.mlx_loader FOLDER/exported

and so on for `llamafactory_loader`, `axolotl_strategy`, `torchtune_loader` and `readers`. The first
needs this project and no model; the others need what `setup.sh` installs, and nothing of this
project.
"""
