"""llama-swap, which starts a server for the model that is asked for, and stops others."""

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
class LlamaSwap(ServerType):
    """The proxy llama-swap; behind it are `llama-server` and others."""

    dialect = Dialect.llama_swap
    health_path = "/health"
    assumed_slots = 1  # those of the server behind it cannot be asked while that is not running
    recognition_rank = 1  # recognised by entries of a list that every server has
    error_phrases = ErrorPhrases(no_model=("could not find real modelid", "no router for"))

    async def recognises(self, server: Asker) -> bool:
        """Look for the owner of its models."""
        return any(one.raw("owned_by") == "llama-swap" for one in await listed_models(server))

    async def discover(self, server: Asker) -> ServerFacts:
        """Find the model in the list; what runs behind the proxy tells no more through it."""
        name, _ = await served_model(server)
        return ServerFacts(self.dialect, model=name)
