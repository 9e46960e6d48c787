"""Servers of RKLLM on Rockchip boards: one request at a time, and a refusal while it runs."""

from __future__ import annotations

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
class Rkllm(ServerType):
    """A server of RKLLM, the runtime of Rockchip's neural processors."""

    dialect = Dialect.rkllm
    health_path = MODEL_LIST
    assumed_slots = 1  # the processor runs one request; others are refused with 503
    recognition_rank = 1  # recognised by entries of a list that every server has
    error_phrases = ErrorPhrases(busy=("server is busy",))

    async def recognises(self, server: Asker) -> bool:
        """Look for the owner of its models."""
        listed = await listed_models(server)
        return any("rkllm" in str(one.raw("owned_by")).casefold() for one in listed)

    async def discover(self, server: Asker) -> ServerFacts:
        """Find the model in the list; nothing else is told."""
        name, _ = await served_model(server)
        return ServerFacts(self.dialect, model=name)
