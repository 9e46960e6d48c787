"""All server types, found in `types`, and the recognition of the one behind a URL."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers import types
from resources.llama_server_pool.servers.faults import EndpointFault
from resources.llama_server_pool.servers.questions import UNKNOWN_ANSWERS, Asker
from resources.llama_server_pool.servers.server_type import REGISTERED, ServerType


def _in_order_of_recognition() -> dict[Dialect, ServerType]:
    for module in pkgutil.iter_modules(types.__path__):
        import_module(f"{types.__name__}.{module.name}")  # registers its class
    ranked = sorted(REGISTERED.values(), key=lambda one: (one.recognition_rank, one.dialect.value))
    return {one.dialect: one for one in ranked}


SERVER_TYPES: Mapping[Dialect, ServerType] = _in_order_of_recognition()
"""Every server type by its dialect, in the order in which they are tried on an unknown server."""


async def recognise(server: Asker) -> ServerType:
    """Return the type of an unknown server.

    Raises:
        EndpointFault: The server cannot be reached, is still loading, refuses the key, or does not
            speak OpenAI's API.
    """
    visit = _Visit(server)
    try:
        for one in SERVER_TYPES.values():
            if await one.recognises(visit):
                return one
    except EndpointFault as fault:
        if fault.kind not in UNKNOWN_ANSWERS:
            raise
        names = ", ".join(one.value for one in sorted(SERVER_TYPES))
        detail = f"{fault.detail.rstrip('.')}; the server software was not recognised: set the"
        raise EndpointFault(
            fault.kind,
            f"{detail} endpoint's `dialect` to one of {names}",
            fault.disposition,
        ) from fault
    raise AssertionError("the type of the last rank recognises every server that answers")


class _Visit:
    """Asks one server and caches its pages, since several types may read the same one."""

    def __init__(self, server: Asker) -> None:
        self._server = server
        self._pages: dict[str, Any] = {}

    @property
    def model(self) -> str | None:
        return self._server.model

    async def get(self, path: str) -> Any:
        if path not in self._pages:
            self._pages[path] = await self._server.get(path)
        return self._pages[path]

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        return await self._server.post(path, body)
