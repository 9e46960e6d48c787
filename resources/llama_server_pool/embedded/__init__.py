"""A real llama.cpp server on loopback, with its small model, for when no endpoint is configured.

Starting, sharing and ending its process belong here; batches and requests do not.

May touch `endpoint`, `resources.storage` and `resources.errors`.
"""
