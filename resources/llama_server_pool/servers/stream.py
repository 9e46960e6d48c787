"""One streamed answer: its events, counts, timings, and whether it is complete.

Servers send server-sent events, each with a chunk of a completion; comments and pings between them
are skipped. The events are parsed here, not by the `openai` client's own stream, which builds a
validated object for every token and takes more than twice the processor time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from time import perf_counter
from typing import Any

import httpx2

from resources.llama_server_pool.servers.error_answers import from_status
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

DRAIN_SECONDS = 0.5
"""Longest wait for the end of a body after its last event, in seconds."""


class StreamedAnswer:
    """Collects the events of one streamed answer.

    Args:
        on_tokens: Called with the number of tokens so far, at every change.

    Attributes:
        started: Clock at the request.
        first_token: Clock at the first token.
        last_token: Clock at the last token.
        ended: Clock at the end of the stream.
        parts: The pieces of the text.
        tokens: Number of pieces; servers send one for each token.
        finish_reason: Why it ended, according to the server.
        usage: Token counts, if the server sends them.
        timings: Milliseconds of both phases, if the server sends them.
        model: The server's name for the model.
    """

    def __init__(self, on_tokens: Callable[[int], None]) -> None:
        self._on_tokens = on_tokens
        self.started = self.first_token = self.last_token = self.ended = perf_counter()
        self.parts: list[str] = []
        self.tokens = 0
        self.finish_reason: str | None = None
        self.usage: dict[str, Any] = {}
        self.timings: dict[str, Any] = {}
        self.model = ""
        self._choices_seen = False

    async def read(self, lines: AsyncIterator[str], key_place: str | None) -> None:
        """Read the lines of a stream to its end.

        Raises:
            EndpointFault: The stream reports an error, is cut off, or is not a completion stream.
        """
        async for line in lines:
            if line.startswith("data:"):
                data = line[5:].strip()
                if data == "[DONE]":
                    await _drain(lines)
                    break
                self._take(data, key_place)
            elif line.startswith("error:"):
                raise _error_event(line[6:].strip(), key_place)
        self.ended = perf_counter()
        if self.tokens == 0:
            self.first_token = self.last_token = self.ended
        if self.finish_reason is None:
            if not self._choices_seen:
                raise EndpointFault(
                    "empty_choices", "the answer holds no choice", Disposition.server
                )
            detail = f"the answer ended after {self.tokens} tokens without a finish reason"
            raise EndpointFault("truncated", detail, Disposition.server)

    def _take(self, data: str, key_place: str | None) -> None:
        try:
            event = json.loads(data)
            if "error" in event:
                raise _error_event(data, key_place)
            choices = event.get("choices")
            if choices:
                self._choices_seen = True
                self._take_choice(choices[0])
            self.usage = event.get("usage") or self.usage
            self.timings = event.get("timings") or self.timings
            self.model = event.get("model") or self.model
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            detail = f"an event of the answer is not a completion chunk: {data[:80]!r}"
            raise EndpointFault("bad_body", detail, Disposition.server) from error

    def _take_choice(self, choice: dict[str, Any]) -> None:
        delta = choice.get("delta") or {}
        content = delta.get("content")
        if content or delta.get("reasoning_content") or delta.get("reasoning"):
            self.last_token = perf_counter()
            if self.tokens == 0:
                self.first_token = self.last_token
            self.tokens += 1
            if content:
                self.parts.append(content)
            self._on_tokens(self.tokens)
        self.finish_reason = choice.get("finish_reason") or self.finish_reason


async def _drain(lines: AsyncIterator[str]) -> None:
    """Read the body to its end, so that the connection can be reused."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in lines:
                continue
    except (TimeoutError, httpx2.RequestError):
        return  # the answer is complete; only the connection is lost


def _error_event(data: str, key_place: str | None) -> EndpointFault:
    try:
        error = json.loads(data)
        code = error.get("error", error).get("code")
    except (ValueError, AttributeError):
        code = None
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    return from_status(status, data, {}, key_place=key_place)
