"""LM Studio, which answers 200 to unknown pages and lists embedding models with the others."""

from __future__ import annotations

from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.decoding import Fields
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault
from resources.llama_server_pool.servers.questions import Asker, optional_page
from resources.llama_server_pool.servers.server_type import (
    ErrorPhrases,
    ServerFacts,
    ServerType,
    register,
)

_MODELS = "/api/v0/models"


@register
class LmStudio(ServerType):
    """The server of LM Studio."""

    dialect = Dialect.lm_studio
    health_path = "/v1/models"
    assumed_slots = 1  # requests to one model wait for each other
    error_phrases = ErrorPhrases(
        prompt_too_long=(
            r"n_keep[^.]{0,24}n_ctx",
            r"tokens to keep from the initial prompt is greater than the context",
            r"loaded with (?:a )?context length of only",
        ),
        no_model=("no models loaded", "model_not_found"),
    )

    async def recognises(self, server: Asker) -> bool:
        """Look for the list of its own API, with the kind of each model."""
        listed = (await optional_page(server, _MODELS)).each("data")
        return any("max_context_length" in one for one in listed)

    async def discover(self, server: Asker) -> ServerFacts:
        """Find the model in its own list; models for embeddings are none.

        A model that is not loaded yet tells its context after the first request.
        """
        listed = [
            one
            for one in (await optional_page(server, _MODELS)).each("data")
            if one.raw("type") != "embeddings"
        ]
        loaded = [one for one in listed if one.raw("state") == "loaded"]
        entry = _chosen(server.model, listed, loaded)
        return ServerFacts(
            self.dialect, context=entry.count("loaded_context_length"), model=entry.text("id")
        )


def _chosen(wanted: str | None, listed: list[Fields], loaded: list[Fields]) -> Fields:
    names = ", ".join(str(one.text("id")) for one in listed[:8]) or "none"
    found = [one for one in listed if one.raw("id") == wanted] if wanted else loaded or listed
    if len(found) == 1:
        return found[0]
    what = f"the server has no model {wanted!r}" if wanted else "which model is meant is not clear"
    detail = f"{what}; it has: {names}. Choose one with the endpoint's `model`"
    raise EndpointFault("model_not_found", detail, Disposition.auth)
