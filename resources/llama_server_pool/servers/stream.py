"""One streamed answer: its events, counts, timings, and whether it is complete.

Servers send server-sent events, each with a chunk of a completion. The events are parsed here,
not by a client's own stream, which builds a validated object for every token and takes more than
twice the processor time. A server that answers with plain JSON, though a stream was asked for, is
understood too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from time import perf_counter
from typing import Any, Final, NamedTuple

import httpx2

from resources.llama_server_pool.servers.bodies import PAGE_BYTES
from resources.llama_server_pool.servers.decoding import (
    Fields,
    as_text,
    bad_body,
    decode,
    over_budget,
    parse,
)
from resources.llama_server_pool.servers.error_answers import from_status, wrong_type
from resources.llama_server_pool.servers.events import DONE, EVENT, Event, Events
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault, excerpt

DRAIN_SECONDS = 0.5
"""Longest wait for the end of a body after its last event, in seconds."""
MARGIN: Final = 16
"""Pieces by which an answer may exceed its limit, for servers that count otherwise than we do."""
MARGIN_SHARE: Final = 0.05
"""The same, as a share of the limit."""
LONGEST_TOKEN: Final = 256
"""Characters of the longest tokens: runs of white space or of signs."""
THOUGHT_FIELDS: Final = ("reasoning_content", "reasoning", "thinking")
"""Where servers put what a model thinks, apart from its answer."""
_BOM: Final = b"\xef\xbb\xbf"
FINISHED: Final = {
    "stop": "stop",
    "length": "length",
    "eos_token": "stop",  # TGI
    "stop_sequence": "stop",  # TGI
}
"""Finish reasons of complete answers, as we name them; all others are faults."""


class Limits(NamedTuple):
    """How long an answer may become, in tokens.

    Attributes:
        answer: Its longest answer.
        thoughts: What it may think before, on top.
    """

    answer: int
    thoughts: int = 0

    @property
    def pieces(self) -> int:
        """Most pieces, before the server is known to ignore the limit."""
        asked = self.answer + self.thoughts
        return asked + max(MARGIN, round(MARGIN_SHARE * asked))


class StreamedAnswer:
    """Collects the events of one streamed answer.

    Args:
        on_tokens: Called with the number of tokens so far, at every change.
        limits: How long it may become; `None` sets no limit.

    Attributes:
        started: Clock at the request.
        first_token: Clock at the first token.
        last_token: Clock at the last token.
        ended: Clock at the end of the stream.
        parts: The pieces of the text.
        thoughts: The pieces of what the model thought, where the server tells them apart.
        tokens: Number of pieces; servers send one for each token.
        finish_reason: Why it ended, according to the server.
        usage: Token counts, if the server sends them.
        timings: Milliseconds of both phases, if the server sends them.
        model: The server's name for the model.
    """

    def __init__(self, on_tokens: Callable[[int], None], limits: Limits | None = None) -> None:
        self._on_tokens = on_tokens
        self._limits = limits
        self.started = perf_counter()
        self.first_token = self.last_token = self.ended = self.started
        self.parts: list[str] = []
        self.thoughts: list[str] = []
        self.tokens = 0
        self.finish_reason: str | None = None
        self.usage = Fields({}, "`usage`")
        self.timings = Fields({}, "`timings`")
        self.model = ""
        self._characters = 0
        self._choices_seen = False
        self._done = self._cut = False
        self._key_place: str | None = None

    async def read(self, pieces: AsyncIterator[bytes], key_place: str | None) -> None:
        """Read the bytes of an answer to its end.

        Args:
            pieces: The body, in the pieces in which it arrives.
            key_place: Where the key of the endpoint is.

        Raises:
            EndpointFault: The answer reports an error, is cut off, is longer than was asked for, or
                is no completion.
        """
        self._key_place = key_place
        beginning = b""
        async for piece in pieces:
            beginning = piece.removeprefix(_BOM).lstrip()
            if beginning:
                break
        if beginning[:1] in (b"{", b"<"):
            self._take_whole(await _rest_of(pieces, beginning))
        else:
            await self._read_events(pieces, beginning)
        self._finish()

    async def _read_events(self, pieces: AsyncIterator[bytes], beginning: bytes) -> None:
        events = Events()
        self._take_events(events.feed(beginning))
        while not self._done:
            piece = await anext(pieces, None)
            if piece is None:
                self._take_events(events.end())
                break
            self._take_events(events.feed(piece))
        if self._done and not self._cut:
            await _drain(pieces)
        if not self._choices_seen and events.foreign:
            raise bad_body(f"neither a stream of events nor JSON: {events.foreign[:80]!r}")

    def _take_events(self, events: list[Event]) -> None:
        for event in events:
            if event.data == DONE:
                self._done = True
            if self._done:
                return
            self._take(event)

    def _take_whole(self, body: bytes) -> None:
        """Take an answer that came in one piece, whatever its content type says."""
        text = as_text(body)
        if text.lstrip()[:1] == "<":
            raise wrong_type("text/html", text)
        self._take(Event(text, decode(text, "the answer"), is_error=False))

    def _take(self, taken: Event) -> None:
        event = Fields(taken.value, EVENT)
        if taken.is_error or event.raw("error"):
            raise _error_event(taken, self._key_place)
        choices = event.each("choices")
        if choices:
            self._choices_seen = True
            self._take_choice(choices[0])
        if event.raw("usage") is not None:
            self.usage = event.inside("usage")
        if event.raw("timings") is not None:
            self.timings = event.inside("timings")
        self.model = event.text("model") or self.model

    def _take_choice(self, choice: Fields) -> None:
        delta = choice.inside("delta") or choice.inside("message")
        words, thought = _words_in(delta)
        if words or thought:
            self.last_token = perf_counter()
            if self.tokens == 0:
                self.first_token = self.last_token
            self.tokens += 1
            self._characters += len(words) + len(thought)
            if words:
                self.parts.append(words)
            if thought:
                self.thoughts.append(thought)
            self._on_tokens(self.tokens)
            self._hold_to_limits()
        self.finish_reason = choice.text("finish_reason") or self.finish_reason

    def _hold_to_limits(self) -> None:
        """End an answer that is as long as was asked for; refuse one that goes on and on."""
        limits = self._limits
        if limits is None:
            return
        if self.tokens > limits.pieces or self._characters > LONGEST_TOKEN * limits.pieces:
            raise EndpointFault(
                "runaway",
                f"the server was asked for {limits.answer + limits.thoughts} tokens at most and"
                f" had sent {self.tokens}, {self._characters:,} characters, without an end",
                Disposition.server,
            )
        if limits.thoughts and self.thoughts and len(self.parts) >= limits.answer:
            self.finish_reason = "length"  # it thought less than it might have
            self._done = self._cut = True

    def _finish(self) -> None:
        """Check that the answer is complete."""
        self.ended = perf_counter()
        if self.tokens == 0:
            self.first_token = self.last_token = self.ended
        if not self._choices_seen:
            raise EndpointFault("empty_choices", "the answer holds no choice", Disposition.server)
        if self.finish_reason is None and self._done and self.tokens:
            limits = self._limits
            full = limits is not None and self.tokens >= limits.answer + limits.thoughts
            self.finish_reason = "length" if full else "stop"  # some servers only say [DONE]
        if self.finish_reason is None:
            detail = f"the answer ended after {self.tokens} tokens without a finish reason"
            raise EndpointFault("truncated", detail, Disposition.server)
        if self.finish_reason not in FINISHED:
            detail = (
                f"the server ended the answer after {self.tokens} tokens with the finish reason"
                f" {excerpt(self.finish_reason)!r}"
            )
            raise EndpointFault("broken_off", detail, Disposition.server)
        self.finish_reason = FINISHED[self.finish_reason]


def _words_in(delta: Fields) -> tuple[str, str]:
    """Return what a chunk adds to the answer, and to the thoughts.

    Content may be a list of parts; parts of type `thinking` or `reasoning` are thoughts.
    """
    thought = next((text for name in THOUGHT_FIELDS if (text := delta.text(name, None))), "")
    if not isinstance(delta.raw("content"), list):
        return delta.text("content", None) or "", thought
    words = ""
    for part in _parts(delta.raw("content")):
        kind = part.text("type") or "text"
        if kind in ("thinking", "reasoning"):
            thought += _text_of(part, kind)
        else:
            words += part.text("text", None) or ""
    return words, thought


def _parts(content: list[Any]) -> list[Fields]:
    return [
        Fields({"text": part} if isinstance(part, str) else part, "a part of the content")
        for part in content
    ]


def _text_of(part: Fields, name: str) -> str:
    """Return the text of a thought: a member of this name, or `text`; a list of parts or a text."""
    if isinstance(part.raw(name), list):
        return "".join(one.text("text", None) or "" for one in _parts(part.raw(name)))
    return part.text(name, None) or part.text("text", None) or ""


async def _rest_of(pieces: AsyncIterator[bytes], beginning: bytes) -> bytes:
    """Return a whole body that is no stream of events."""
    read = bytearray(beginning)
    async for piece in pieces:
        read += piece
        if len(read) > PAGE_BYTES:
            raise over_budget(f"an answer of more than {PAGE_BYTES:,} bytes")
    return bytes(read)


async def _drain(pieces: AsyncIterator[bytes]) -> None:
    """Read the body to its end, so that the connection can be reused."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for _ in pieces:
                continue
    except (TimeoutError, httpx2.RequestError, EndpointFault):
        return  # the answer is complete; only the connection is lost


def _error_event(event: Event, key_place: str | None) -> EndpointFault:
    try:
        told = parse(event.data)
    except ValueError:
        told = None
    error = told.get("error", told) if isinstance(told, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    return from_status(status, event.data, {}, key_place=key_place)
