"""Serve on loopback with the arguments of the real server, until the process is ended."""

from __future__ import annotations

import argparse
import threading

from relgen_assets_tests.fakes.good_answers import good_answer
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from resources.llama_server_pool.endpoint import Dialect

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--model_alias", required=True)
    parser.add_argument("--n_ctx", type=int, required=True)
    options, _ = parser.parse_known_args()
    with FakeLlamaServer(
        dialect=Dialect.llama_cpp_python,
        port=options.port,
        model=options.model_alias,
        context=options.n_ctx,
        slots=1,
        answer=good_answer,
    ):
        threading.Event().wait()
