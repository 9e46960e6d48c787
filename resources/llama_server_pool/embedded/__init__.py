"""A real llama.cpp server on loopback, with its small model, for when no endpoint is configured.

May touch the endpoint's configuration and the errors; knows neither batches nor the scheduler.
"""
