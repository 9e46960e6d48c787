"""A real llama.cpp server on loopback, with a small model, for when no endpoint is configured.

Starting, sharing and stopping its process belong here; batches and requests do not.

May touch `endpoint`, `resources.progress`, `resources.storage` and `resources.errors`.
"""
