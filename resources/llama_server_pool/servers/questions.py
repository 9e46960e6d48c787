"""Questions that a server answers without generating: its pages and its list of models.

What all server types ask in the same way is here; what only one of them asks is in its file.
"""

from __future__ import annotations

from typing import Any, Protocol

from resources.llama_server_pool.servers.decoding import Fields, bad_body
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

MODEL_LIST = "/v1/models"
"""The page that every OpenAI-compatible server has."""
UNKNOWN_ANSWERS = frozenset(
    {"http_400", "http_404", "http_405", "http_422", "http_500", "http_501", "bad_body", "html"}
)
"""Kinds of fault with which servers answer pages that they do not have; a proxy that needs to know
the model for every page answers 400 or 500."""


class Asker(Protocol):
    """Sends questions to one server, as `connection.ServerConnection` does."""

    @property
    def model(self) -> str | None:
        """Name of the model that requests will ask for, if configured."""

    async def get(self, path: str) -> Any:
        """Return the JSON that a GET answers, or raise `EndpointFault`."""

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the JSON that a POST answers, or raise `EndpointFault`."""


async def optional_page(server: Asker, path: str) -> Fields:
    """Return the JSON object at `path`; empty if this server has no such page.

    Raises:
        EndpointFault: The server cannot be reached, is still loading, or refuses the key.
    """
    try:
        answer = await server.get(path)
    except EndpointFault as fault:
        if fault.kind in UNKNOWN_ANSWERS:
            return Fields({}, path)
        raise
    return Fields(answer if isinstance(answer, dict) else {}, path)


async def page(server: Asker, path: str) -> Fields:
    """Return the JSON object at `path`.

    Raises:
        EndpointFault: The server did not answer with an object.
    """
    return Fields(await server.get(path), path)


async def listed_models(server: Asker) -> list[Fields]:
    """Return the entries of the server's list of models.

    Raises:
        EndpointFault: The server did not answer with a list of models.
    """
    answer = await server.get(MODEL_LIST)
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise bad_body(
            f"{MODEL_LIST} does not return a list of models; is this an OpenAI-compatible server?"
        )
    return Fields(answer, MODEL_LIST).each("data")


def model_id(entry: Fields) -> str:
    """Return the name in an entry of the list of models.

    Raises:
        EndpointFault: The entry names no model.
    """
    name = entry.text("id")
    if not name:
        raise bad_body(f"an entry of {MODEL_LIST} names no model")
    return name


async def served_model(server: Asker) -> tuple[str, Fields]:
    """Return the name and the list entry of the model that requests will ask for.

    If none is configured, it is the server's only model.

    Raises:
        EndpointFault: The server lacks the configured model, or has several and none is configured.
    """
    wanted = server.model
    listed = {model_id(entry): entry for entry in await listed_models(server)}
    name = next((one for one in (wanted, f"{wanted}:latest") if one in listed), None)
    if wanted is not None and name is None:
        names = ", ".join(sorted(listed)[:8]) or "none"
        detail = f"the server has no model {wanted!r}; it has: {names}"
        raise EndpointFault("model_not_found", detail, Disposition.auth)
    name = name or (next(iter(listed)) if len(listed) == 1 else None)
    if name is None:
        detail = f"the server has {len(listed)} models; choose one with the endpoint's `model`"
        raise EndpointFault("model_not_found", detail, Disposition.auth)
    return name, listed[name]
