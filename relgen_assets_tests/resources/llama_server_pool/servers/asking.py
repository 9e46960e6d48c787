"""Ways to ask one server, shared by the tests of the client and of the server types."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from resources.generation import GenerationRequest, Message, Sampling
from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.servers.client import EndpointClient

T = TypeVar("T")


def request(text: str = "What is light?", **more: Any) -> GenerationRequest:
    """Return a request with a prompt estimated at four characters a token."""
    values: dict[str, Any] = {
        "subject": "s",
        "task": "t",
        "messages": (Message(role="user", content=text),),
        "sampling": Sampling(temperature=0.2, max_tokens=200, seed=7),
        "prompt_tokens": len(text) // 4,
    }
    return GenerationRequest(**{**values, **more})


@asynccontextmanager
async def client_of(
    url: str, api_key: str | None = None, **config: Any
) -> AsyncIterator[EndpointClient]:
    """Open a client of the endpoint `board`."""
    client = EndpointClient(Endpoint(name="board", url=url, **config), api_key=api_key)
    try:
        yield client
    finally:
        await client.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run an async test and return its result."""
    return asyncio.run(work)


def ignore(_: int) -> None:
    """Ignore progress."""
