"""A server of llama-cpp-python in which the fake one answers."""
