"""The answers of LM Studio."""

from __future__ import annotations

from typing import Any

from relgen_assets_tests.fakes.fake_type import FakeType, Reply, Serving, register
from resources.llama_server_pool.endpoint import Dialect


@register
class FakeLmStudio(FakeType):
    """Answers 200 to every page, and lists embedding models beside the others."""

    dialect = Dialect.lm_studio
    owner = "organization_owner"

    def pages(self, serving: Serving) -> dict[str, Any]:
        embedding = {"id": "text-embedding-nomic-embed-text-v1.5", "object": "model"}
        told = {"max_context_length": 131072, "loaded_context_length": serving.context}
        return {
            "/v1/models": {"object": "list", "data": [self.model_entry(serving), embedding]},
            "/api/v0/models": {
                "object": "list",
                "data": [
                    {"id": serving.model, "type": "llm", "state": "loaded", **told},
                    {**embedding, "type": "embeddings", "state": "not-loaded"},
                ],
            },
        }

    def get(self, serving: Serving, path: str) -> Reply:
        pages = self.pages(serving)
        unknown = {"error": f"Unexpected endpoint or method. (GET {path})"}
        return 200, pages.get(path, unknown)

    def context_error(self, serving: Serving, tokens: int) -> Reply:
        told = (
            "The number of tokens to keep from the initial prompt is greater than the context"
            f" length (n_keep: {tokens}>= n_ctx: {serving.context})."
        )
        return 400, {"error": told}

    def schema_error(self) -> Reply:
        return 400, {"error": "'response_format.type' must be 'json_schema' or 'text'"}
