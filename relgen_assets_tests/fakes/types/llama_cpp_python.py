"""The answers of llama-cpp-python's server."""

from __future__ import annotations

from typing import Any

from relgen_assets_tests.fakes.answers import count_tokens
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
class FakeLlamaCppPython(FakeType):
    """Names its context only in a refusal, knows no `json_schema`, sends no token counts."""

    dialect = Dialect.llama_cpp_python
    owner = "me"
    public_paths = frozenset({"/health", "/openapi.json"})
    counts_tokens = True
    long_prompt = LongPrompt.empty_stream
    sends_usage = False
    counts_cached = False

    def pages(self, serving: Serving) -> dict[str, Any]:
        info = {"title": "🦙 llama.cpp Python API"}
        description = {"openapi": "3.1.0", "info": info, "paths": {}}
        return {**super().pages(serving), "/openapi.json": description}

    def post(self, serving: Serving, path: str, body: dict[str, Any]) -> Reply:
        if path == "/extras/tokenize/count":
            return 200, {"count": count_tokens(body["input"])}
        if path == "/v1/completions":
            return self.context_error(serving, count_tokens(body["prompt"]))
        return self.not_found()

    def not_found(self) -> Reply:
        return 404, {"detail": "Not Found"}

    def key_error(self) -> Reply:
        return 401, {"detail": "Invalid API key"}

    def schema_error(self) -> Reply:
        message = "1 validation error: body response_format type: Input should be 'text' or …"
        return 500, error(500, message, "internal_server_error")

    def schema_of(self, body: dict[str, Any]) -> dict[str, Any] | Reply | None:
        wanted = body.get("response_format")
        if wanted is None:
            return None
        if wanted["type"] == "json_schema":
            return self.schema_error()
        return dict(wanted.get("schema", {"type": "object"}))
