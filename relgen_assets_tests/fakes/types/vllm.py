"""The answers of vLLM."""

from __future__ import annotations

from typing import Any

from relgen_assets_tests.fakes.answers import count_tokens
from relgen_assets_tests.fakes.fake_type import FakeType, Reply, Serving, error, register
from resources.llama_server_pool.endpoint import Dialect


@register
class FakeVllm(FakeType):
    """Reports the context in its list of models, and counts tokens."""

    dialect = Dialect.vllm
    owner = "vllm"
    counts_tokens = True

    def pages(self, serving: Serving) -> dict[str, Any]:
        return {
            **super().pages(serving),
            "/health": {"status": "ok"},
            "/version": {"version": "0.12.3"},
        }

    def model_entry(self, serving: Serving) -> dict[str, Any]:
        return {**super().model_entry(serving), "max_model_len": serving.context}

    def post(self, serving: Serving, path: str, body: dict[str, Any]) -> Reply:
        if path == "/tokenize":
            tokens = count_tokens(body["prompt"])
            ids = list(range(tokens))
            return 200, {"count": tokens, "max_model_len": serving.context, "tokens": ids}
        return self.not_found()

    def not_found(self) -> Reply:
        return 404, {"detail": "Not Found"}

    def key_error(self) -> Reply:
        return 401, {"error": "Unauthorized"}

    def schema_error(self) -> Reply:
        return 400, error(400, "guided decoding does not support this schema", "BadRequestError")
