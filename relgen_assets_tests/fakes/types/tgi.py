"""The answers of Text Generation Inference."""

from __future__ import annotations

from typing import Any

from relgen_assets_tests.fakes.fake_type import FakeType, Reply, Serving, register
from resources.llama_server_pool.endpoint import Dialect


@register
class FakeTgi(FakeType):
    """Reports limits on a page of its own, refuses with 422, and names schemas `value`."""

    dialect = Dialect.tgi

    def pages(self, serving: Serving) -> dict[str, Any]:
        return {
            **super().pages(serving),
            "/health": "",
            "/info": {
                "model_id": serving.model,
                "max_concurrent_requests": 128,
                "max_input_tokens": serving.context - 1,
                "max_total_tokens": serving.context,
                "router": "text-generation-router",
                "version": "3.3.4",
            },
        }

    def model_entry(self, serving: Serving) -> dict[str, Any]:
        return {**super().model_entry(serving), "owned_by": serving.model}

    def not_found(self) -> Reply:
        return 404, ""

    def context_error(self, serving: Serving, tokens: int) -> Reply:
        told = (
            f"Input validation error: `inputs` tokens + `max_new_tokens` must be <="
            f" {serving.context}. Given: {tokens} `inputs` tokens and 200 `max_new_tokens`"
        )
        return 422, {"error": told, "error_type": "validation"}

    def schema_error(self) -> Reply:
        told = "Input validation error: grammar is not valid: the compilation failed"
        return 422, {"error": told, "error_type": "validation"}

    def schema_of(self, body: dict[str, Any]) -> dict[str, Any] | Reply | None:
        wanted = body.get("response_format")
        return None if wanted is None else dict(wanted["value"])
