"""The answers of Ollama."""

from __future__ import annotations

from typing import Any

from relgen_assets_tests.fakes.fake_type import (
    FakeType,
    LongPrompt,
    Reply,
    Serving,
    error,
    register,
)
from resources.llama_server_pool.endpoint import Dialect


@register
class FakeOllama(FakeType):
    """Has separate pages for version and context; silently cuts long prompts."""

    dialect = Dialect.ollama
    owner = "library"
    long_prompt = LongPrompt.cut
    counts_cached = False

    def pages(self, serving: Serving) -> dict[str, Any]:
        name = serving.model
        loaded = {"name": name, "model": name, "context_length": serving.context}
        return {
            **super().pages(serving),
            "/api/version": {"version": "0.12.3"},
            "/api/ps": {"models": [loaded]},
            "/api/tags": {"models": [{"name": name, "model": name}]},
        }

    def post(self, serving: Serving, path: str, body: dict[str, Any]) -> Reply:
        if path == "/api/show":
            return 200, {"parameters": f"num_ctx    {serving.context}", "model_info": {}}
        return self.not_found()

    def schema_error(self) -> Reply:
        return 500, error(500, "invalid JSON schema in format", "api_error")
