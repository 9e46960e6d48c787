"""SGLang, which batches by itself and reports the context in its list of models."""

from __future__ import annotations

from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.questions import Asker, listed_models, served_model
from resources.llama_server_pool.servers.server_type import (
    ErrorPhrases,
    ServerFacts,
    ServerType,
    register,
)


@register
class SgLang(ServerType):
    """The OpenAI-compatible server of SGLang."""

    dialect = Dialect.sglang
    health_path = "/health"
    assumed_slots = 16  # its limit follows from the memory that is left
    recognition_rank = 1  # recognised by entries of a list that every server has
    error_phrases = ErrorPhrases(
        prompt_too_long=(
            r"token count exceeds the model's maximum context",
            r"longer than the model's context length",
        )
    )

    async def recognises(self, server: Asker) -> bool:
        """Look for the owner of its models."""
        return any(one.raw("owned_by") == "sglang" for one in await listed_models(server))

    async def discover(self, server: Asker) -> ServerFacts:
        """Find the model and its context in the list."""
        name, entry = await served_model(server)
        return ServerFacts(self.dialect, context=entry.count("max_model_len"), model=name)
