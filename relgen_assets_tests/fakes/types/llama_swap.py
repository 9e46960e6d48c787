"""The answers of llama-swap."""

from __future__ import annotations

from typing import Any

from relgen_assets_tests.fakes.fake_type import FakeType, Reply, Serving, error, register
from resources.llama_server_pool.endpoint import Dialect


@register
class FakeLlamaSwap(FakeType):
    """Lists its models, and forwards everything that names one to the server behind it."""

    dialect = Dialect.llama_swap
    owner = "llama-swap"
    tells_context = False
    sends_timings = True

    def pages(self, serving: Serving) -> dict[str, Any]:
        return {
            **super().pages(serving),
            "/health": "OK",
            "/api/version": {"version": "v171", "commit": "a1b2c3"},
            "/running": {"running": []},
        }

    def get(self, serving: Serving, path: str) -> Reply:
        if path == "/props":
            return 500, {"error": "no model id could be identified"}
        return super().get(serving, path)

    def schema_error(self) -> Reply:
        return 400, error(400, "failed to parse grammar", "invalid_request_error")
