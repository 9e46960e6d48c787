"""The answers of SGLang."""

from __future__ import annotations

from typing import Any

from relgen_assets_tests.fakes.fake_type import FakeType, Reply, Serving, register
from resources.llama_server_pool.endpoint import Dialect


@register
class FakeSgLang(FakeType):
    """Reports the context in its list of models, in the words of SGLang."""

    dialect = Dialect.sglang
    owner = "sglang"

    def pages(self, serving: Serving) -> dict[str, Any]:
        return {**super().pages(serving), "/health": ""}

    def model_entry(self, serving: Serving) -> dict[str, Any]:
        return {
            **super().model_entry(serving),
            "root": serving.model,
            "max_model_len": serving.context,
        }

    def not_found(self) -> Reply:
        return 404, {"detail": "Not Found"}

    def context_error(self, serving: Serving, tokens: int) -> Reply:
        message = (
            f"The input ({tokens} tokens) is longer than the model's context length"
            f" ({serving.context} tokens)."
        )
        return 400, {"object": "error", "message": message, "type": "BadRequestError", "code": 400}

    def schema_error(self) -> Reply:
        message = "Invalid grammar request: json_schema could not be compiled"
        return 400, {"object": "error", "message": message, "type": "BadRequestError", "code": 400}
