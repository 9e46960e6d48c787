"""Tests of `resources.llama_server_pool.dispatch`."""
