"""Text Generation Inference of Hugging Face, which reports everything on one page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.questions import Asker, optional_page, page
from resources.llama_server_pool.servers.server_type import (
    ErrorPhrases,
    ServerFacts,
    ServerType,
    register,
)

_INFO = "/info"


@register
class Tgi(ServerType):
    """`text-generation-launcher`."""

    dialect = Dialect.tgi
    health_path = "/health"
    assumed_slots = 16  # it batches by itself; its own limit is that of its queue
    error_phrases = ErrorPhrases(
        prompt_too_long=(
            r"inputs. tokens . .max_new_tokens. must be",
            "inputs. must have less than",
        ),
        busy=("model is overloaded",),
    )

    async def recognises(self, server: Asker) -> bool:
        """Look for its page, which names its limits in words of its own."""
        info = await optional_page(server, _INFO)
        return "model_id" in info and "max_total_tokens" in info

    async def discover(self, server: Asker) -> ServerFacts:
        """Read context and model from its page."""
        info = await page(server, _INFO)
        return ServerFacts(
            self.dialect, context=info.count("max_total_tokens"), model=info.text("model_id")
        )

    def response_format(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Name the schema `value`, as all its versions take it."""
        return {"type": "json_object", "value": dict(schema)}
