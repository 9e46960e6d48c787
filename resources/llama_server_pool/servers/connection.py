"""HTTP with one server: questions with a deadline, streams without one.

The OpenAI SDK asks for completions; pages that are no part of its API are asked for over the same
connections. What comes back is read here, byte by byte, since the SDK knows no budgets.

The dispatcher decides how long a slow board may take, and cancels the task; so there are neither
retries nor read timeouts here. Every failure becomes an `EndpointFault`, and nothing is read beyond
its budget.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx2
import openai

from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.servers.bodies import (
    STREAM_BYTES,
    beginning,
    pieces,
    whole,
)
from resources.llama_server_pool.servers.certificates import trusted
from resources.llama_server_pool.servers.decoding import as_text, decode
from resources.llama_server_pool.servers.error_answers import from_status, wrong_type
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault
from resources.llama_server_pool.servers.network_errors import NETWORK_ERRORS, from_exception
from resources.llama_server_pool.servers.stream import StreamedAnswer

CONNECT_SECONDS = 10.0
"""Longest wait for a connection, in seconds."""
QUERY_SECONDS = 10.0
"""Longest wait, in seconds, for an answer that needs no model: health, properties, counts."""
_NAMED = ("model", "messages")
"""Members of a request that the SDK takes by name; it sends all others as they are."""
KEEPALIVE_SECONDS = 2.0
"""How long an idle connection is kept, in seconds; servers close theirs after 5 s."""


class ServerConnection:
    """The connections to one server.

    Args:
        config: The endpoint.
        model: Name of the model that requests will ask for, if configured.
        api_key: Key to send; never logged.
        headers: Further headers to send.
    """

    def __init__(
        self,
        config: Endpoint,
        *,
        model: str | None,
        api_key: str | None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.model = model
        self._url = config.url
        self._key_place = config.key_place
        further = {"Accept-Encoding": "identity", **(headers or {})}
        self._headers = {
            "Content-Type": "application/json",
            **({} if api_key is None else {"Authorization": f"Bearer {api_key}"}),
            **further,
        }
        self._client = _http_client(config, on_response=self._refuse_errors)
        self._no_key: dict[str, Any] = {"Authorization": openai.Omit()} if api_key is None else {}
        self._openai = openai.AsyncOpenAI(
            base_url=f"{config.url}/v1",
            api_key=api_key or "none",  # the SDK wants one, and would look for it itself
            default_headers=further,
            max_retries=0,
            http_client=self._client,
        )

    async def get(self, path: str) -> Any:
        """Return the JSON at `path`, or the text of an answer that is not JSON.

        Raises:
            EndpointFault: The server did not answer within `QUERY_SECONDS`, or with an error.
        """
        return await self._query("GET", path, None)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the JSON that `path` answers to `body`, or the text of an answer that is not JSON.

        Raises:
            EndpointFault: The server did not answer within `QUERY_SECONDS`, or with an error.
        """
        return await self._query("POST", path, body)

    async def stream(self, body: dict[str, Any], answer: StreamedAnswer) -> None:
        """Send a chat completion and read its events into `answer`.

        Cancelling the task closes the connection, so that the server frees the slot.

        Raises:
            EndpointFault: The server gave no complete answer.
        """
        further = {name: value for name, value in body.items() if name not in _NAMED}
        try:
            async with self._openai.chat.completions.with_streaming_response.create(
                model=body["model"],
                messages=_encodable(body["messages"]),
                extra_body=further,
                extra_headers=self._no_key,
            ) as response:
                await answer.read(pieces(response.http_response, STREAM_BYTES), self._key_place)
        except NETWORK_ERRORS as error:
            raise self._fault(error) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._openai.close()

    async def _query(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        try:
            async with asyncio.timeout(QUERY_SECONDS):
                try:
                    return await self._answer(method, path, body)
                except NETWORK_ERRORS as error:
                    if self._fault(error).kind != "reset":
                        raise
                    return await self._answer(method, path, body)  # a kept connection was closed
        except TimeoutError as error:
            detail = f"no answer within {QUERY_SECONDS:g} s"
            raise EndpointFault("timeout", detail, Disposition.server) from error
        except NETWORK_ERRORS as error:
            raise self._fault(error) from error

    async def _answer(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        request = self._client.build_request(
            method, self._url + path, json=body, headers=self._headers
        )
        response = await self._client.send(request, stream=True)
        try:
            content = await whole(response)
        finally:
            await response.aclose()
        text = as_text(content)
        first = text.lstrip()[:1]
        if first == "<":
            raise wrong_type("text/html", text)
        if first in ("{", "[") or "json" in response.headers.get("content-type", ""):
            return decode(text, path)
        return text

    async def _refuse_errors(self, response: httpx2.Response) -> None:
        """Read an error answer within its budget, before the SDK reads it without one.

        Raises:
            EndpointFault: The status is an error.
        """
        if not response.is_success:
            raise from_status(
                response.status_code,
                as_text(await beginning(response)),
                response.headers,
                key_place=self._key_place,
            )

    def _fault(self, error: BaseException) -> EndpointFault:
        return from_exception(error, address=_address(self._url))


def _address(url: str) -> str:
    """Return host and port, without a user and password that the URL may hold."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _encodable(messages: Sequence[Mapping[str, str]]) -> Any:
    """Return messages without the lone surrogates of a damaged text, which no JSON can carry."""
    return [
        {name: text.encode("utf-8", "replace").decode("utf-8") for name, text in message.items()}
        for message in messages
    ]


def _http_client(
    config: Endpoint, *, on_response: Callable[[httpx2.Response], Coroutine[Any, Any, None]]
) -> httpx2.AsyncClient:
    loopback = urlsplit(config.url).hostname in ("127.0.0.1", "localhost", "::1")
    return httpx2.AsyncClient(
        verify=trusted(config.ca, verify=config.verify),
        trust_env=not loopback,  # a proxy from the environment cannot reach this machine's loopback
        event_hooks={"response": [on_response]},
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
        limits=httpx2.Limits(
            max_connections=None,
            max_keepalive_connections=None,
            keepalive_expiry=KEEPALIVE_SECONDS,
        ),
    )
