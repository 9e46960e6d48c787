"""vLLM, which batches by itself and reports the context in its list of models."""

from __future__ import annotations

from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.decoding import Fields
from resources.llama_server_pool.servers.questions import Asker, listed_models, served_model
from resources.llama_server_pool.servers.server_type import (
    FURTHER_OPTIONS,
    ErrorPhrases,
    ServerFacts,
    ServerType,
    register,
)


@register
class Vllm(ServerType):
    """The OpenAI-compatible server of vLLM."""

    dialect = Dialect.vllm
    health_path = "/health"
    assumed_slots = 16  # its limit is 256 or more and cannot be queried
    sampling_options = FURTHER_OPTIONS
    strict_schemas = True
    recognition_rank = 1  # recognised by entries of a list that every server has
    error_phrases = ErrorPhrases(
        prompt_too_long=(
            "longer than the maximum model length",
            r"input tokens? exceeds? the model",
            r"passed \S{1,9} input tokens",
        ),
        schema=("guided", r"structured[ _]output"),
    )

    async def recognises(self, server: Asker) -> bool:
        """Look for model-list entries in the form that only vLLM writes."""
        listed = await listed_models(server)
        return any(one.raw("owned_by") == "vllm" for one in listed)

    async def discover(self, server: Asker) -> ServerFacts:
        """Find the model and its context in the list."""
        name, entry = await served_model(server)
        return ServerFacts(self.dialect, context=entry.count("max_model_len"), model=name)

    async def _count(self, server: Asker, text: str) -> int | None:
        answer = await server.post("/tokenize", {"prompt": text, "add_special_tokens": False})
        return Fields(answer, "a count of tokens").count("count")
