"""Any other server that speaks OpenAI's API: the fallback if no other type was recognised."""

from __future__ import annotations

from typing import Any

from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.questions import (
    MODEL_LIST,
    Asker,
    listed_models,
    served_model,
)
from resources.llama_server_pool.servers.server_type import (
    ErrorPhrases,
    ServerFacts,
    ServerType,
    register,
)


@register
class OpenAI(ServerType):
    """A service that offers OpenAI's API and reveals nothing else."""

    dialect = Dialect.openai
    health_path = MODEL_LIST
    assumed_slots = 4  # a service throttles if this is too many
    strict_schemas = True
    recognition_rank = 2  # recognises every server that lists its models
    error_phrases = ErrorPhrases(
        prompt_too_long=("maximum context length", "context_length_exceeded", "prompt is too long"),
        loading=("model is loading",),
        no_model=(r"model[^.]{0,120}does not exist", "model_not_found"),
        schema=(r"json[ _]schema", "response_format"),
    )

    def thinking_switch(self, *, on: bool) -> dict[str, Any]:
        """Name an effort, as OpenAI's API does."""
        return {"reasoning_effort": "medium" if on else "none"}

    async def recognises(self, server: Asker) -> bool:
        """Accept every server that lists its models."""
        await listed_models(server)
        return True

    async def discover(self, server: Asker) -> ServerFacts:
        """Find the model in the list, with its context if the service reports it."""
        name, entry = await served_model(server)
        return ServerFacts(self.dialect, context=entry.count("max_model_len"), model=name)
