"""HTTP with one server: questions with a deadline, streams without one.

The official `openai` client does the HTTP, without its own retries and read timeouts: the
dispatcher decides how long a slow board may take, and cancels the task. Every failure becomes an
`EndpointFault`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.servers.error_answers import wrong_type
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault
from resources.llama_server_pool.servers.network_errors import NETWORK_ERRORS, from_exception
from resources.llama_server_pool.servers.stream import StreamedAnswer

CONNECT_SECONDS = 10.0
"""Longest wait for a connection, in seconds."""
QUERY_SECONDS = 10.0
"""Longest wait, in seconds, for an answer that needs no model: health, properties, counts."""
KEEPALIVE_SECONDS = 2.0
"""How long an idle connection is kept, in seconds; servers close theirs after 5 s."""


class ServerConnection:
    """The connections to one server.

    Args:
        config: The endpoint.
        model: Name of the model that requests will ask for, if configured.
        api_key: Key to send; never logged.
    """

    def __init__(self, config: Endpoint, *, model: str | None, api_key: str | None) -> None:
        self.model = model
        self._url = config.url
        self._key_place = config.key_place
        self._client = openai.AsyncOpenAI(
            base_url=f"{config.url}/v1",
            api_key=api_key or "none",
            max_retries=0,
            http_client=_http_client(config),
        )

    async def get(self, path: str) -> Any:
        """Return the JSON at `path`, or the text of an answer that is not JSON.

        Raises:
            EndpointFault: The server did not answer within `QUERY_SECONDS`, or with an error.
        """
        return await self._query(lambda: self._client.get(self._url + path, cast_to=object))

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the JSON that `path` answers to `body`, or the text of an answer that is not JSON.

        Raises:
            EndpointFault: The server did not answer within `QUERY_SECONDS`, or with an error.
        """
        url = self._url + path
        return await self._query(lambda: self._client.post(url, body=body, cast_to=object))

    async def stream(self, body: dict[str, Any], answer: StreamedAnswer) -> None:
        """Send a chat completion and read its events into `answer`.

        Cancelling the task closes the connection, so that the server frees the slot.

        Raises:
            EndpointFault: The server gave no complete answer.
        """
        try:
            async with self._client.chat.completions.with_streaming_response.create(
                **body
            ) as response:
                content_type = response.headers.get("content-type", "")
                if not content_type.startswith("text/event-stream"):
                    raise wrong_type(content_type, await response.text())
                await answer.read(response.iter_lines(), self._key_place)
        except NETWORK_ERRORS as error:
            raise self._fault(error) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def _query(self, ask: Callable[[], Coroutine[Any, Any, object]]) -> Any:
        try:
            async with asyncio.timeout(QUERY_SECONDS):
                try:
                    answer = await ask()
                except openai.APIConnectionError as error:
                    if self._fault(error).kind != "reset":
                        raise
                    answer = await ask()  # the server had closed the kept connection
        except TimeoutError as error:
            detail = f"no answer within {QUERY_SECONDS:g} s"
            raise EndpointFault("timeout", detail, Disposition.server) from error
        except NETWORK_ERRORS as error:
            raise self._fault(error) from error
        except ValueError as error:
            raise EndpointFault("bad_body", f"broken JSON: {error}", Disposition.server) from error
        if isinstance(answer, str) and answer.lstrip()[:1] == "<":
            raise wrong_type("text/html", answer)
        return answer

    def _fault(self, error: BaseException) -> EndpointFault:
        return from_exception(error, address=_address(self._url), key_place=self._key_place)


def _address(url: str) -> str:
    """Return host and port, without a user and password that the URL may hold."""
    return urlsplit(url).netloc.rpartition("@")[2]


@cache
def _trusted_certificates() -> ssl.SSLContext:
    """Return what all connections trust; reading it takes longer than opening a client."""
    return httpx2.create_ssl_context()


def _http_client(config: Endpoint) -> httpx2.AsyncClient:
    loopback = urlsplit(config.url).hostname in ("127.0.0.1", "localhost", "::1")
    return httpx2.AsyncClient(
        verify=_trusted_certificates(),
        trust_env=not loopback,  # a proxy from the environment cannot reach this machine's loopback
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
        limits=httpx2.Limits(
            max_connections=None,
            max_keepalive_connections=None,
            keepalive_expiry=KEEPALIVE_SECONDS,
        ),
    )
