"""One chat completion of the fake server, from its slot to its last token or its fault."""

from __future__ import annotations

import asyncio
import json
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relgen_assets_tests.fakes import answers, dialect_replies
from relgen_assets_tests.fakes.faults import FaultKind, ServerFault
from resources.llama_server_pool.endpoint import Dialect

if TYPE_CHECKING:
    from relgen_assets_tests.fakes.connection import Connection
    from relgen_assets_tests.fakes.llama_server import FakeLlamaServer

_TICK = 0.002
"""Tokens due within so many seconds are sent together."""


@dataclass
class Recorded:
    """One completion request as the server saw it.

    Attributes:
        body: The JSON that was sent.
        headers: Its headers, names in lower case.
        arrived: `time.monotonic()` when it was read.
        outcome: `waiting`, `answered`, `cancelled` (the client went away), or `fault:<kind>`.
        sent_tokens: How many tokens were sent.
        ended: `time.monotonic()` when the outcome was known.
    """

    body: dict[str, Any]
    headers: dict[str, str]
    arrived: float
    outcome: str = "waiting"
    sent_tokens: int = 0
    ended: float = math.nan


class _Gone(Exception):
    """The exchange ended early, as its fault wants it."""


class Exchange:
    """One completion: wait for a slot, prefill, decode token by token, or fail as told."""

    def __init__(
        self,
        server: FakeLlamaServer,
        connection: Connection,
        body: dict[str, Any],
        headers: dict[str, str],
    ) -> None:
        self._server = server
        self._connection = connection
        self._body = body
        self._record = Recorded(body, headers, time.monotonic())
        self._fault = server.draw_fault(body)
        self._prompt = "".join(message["content"] for message in body["messages"])
        self._cached = 0
        self._started = 0.0
        self._prefilled = 0.0

    async def run(self) -> None:
        server = self._server
        if server.keep_records:
            server.requests.append(self._record)
        server.completions_started += 1
        server.in_flight += 1
        server.peak = max(server.peak, server.in_flight)
        outcome = "cancelled"
        try:
            outcome = await self._answer()
        finally:
            server.in_flight -= 1
            self._record.outcome = outcome
            self._record.ended = time.monotonic()

    async def _answer(self) -> str:
        fault, server = self._fault, self._server
        if fault is not None and await self._fail_at_once(fault):
            return f"fault:{fault.kind.value}"
        tokens = answers.count_tokens(self._prompt)
        if tokens >= server.context and server.dialect is not Dialect.ollama:
            self._refuse_long_prompt(tokens)
            return "refused"
        schema = dialect_replies.schema_of(server.dialect, self._body)
        if isinstance(schema, tuple):
            self._connection.reply(*schema)
            return "refused"
        await server.take_slot()
        try:
            await self._prefill(tokens)
            await self._decode(schema)
        except _Gone:
            assert fault is not None
            return f"fault:{fault.kind.value}"
        finally:
            server.free_slot()
        return "answered"

    def _refuse_long_prompt(self, tokens: int) -> None:
        if self._server.dialect is Dialect.llama_cpp_python:
            self._open_stream()  # the real one has sent its headers before it notices
            self._connection.write(b"0\r\n\r\n")
        else:
            self._connection.reply(*dialect_replies.context_error(self._server.serving(), tokens))

    async def _fail_at_once(self, fault: ServerFault) -> bool:
        """Commit a fault that needs no slot; return whether that was one."""
        reply = self._connection.reply
        if fault.kind is FaultKind.status:
            reply(fault.status, fault.body, fault.headers)
        elif fault.kind is FaultKind.html:
            reply(200, "<html><body>Welcome to the router</body></html>")
        elif fault.kind is FaultKind.wrong_type:
            reply(200, "all is well")
        elif fault.kind is FaultKind.reset and fault.tokens < 0:
            self._connection.reset()
        elif fault.kind is FaultKind.hang and fault.tokens < 0:
            await asyncio.Event().wait()
        else:
            return False
        return True

    async def _prefill(self, tokens: int) -> None:
        server = self._server
        self._started = time.monotonic()
        self._cached = server.cached_tokens(self._prompt)
        rest = tokens - self._cached
        if math.isfinite(server.prefill):
            await asyncio.sleep(rest / server.prefill * self._slowdown())
        self._prefilled = time.monotonic()

    def _slowdown(self) -> float:
        fault = self._fault
        slow = fault.factor if fault is not None and fault.kind is FaultKind.slow else 1.0
        return slow * (1 + self._server.crowding * max(self._server.busy - 1, 0))

    def _text(self, schema: dict[str, Any] | None) -> str:
        server, fault = self._server, self._fault
        if server.answer is not None:
            return server.answer(self._body)
        ignored = fault is not None and fault.kind is FaultKind.ignore_grammar
        if not server.enforce_schema or ignored:
            schema = None
        wanted = server.answer_tokens
        length = wanted(self._body) if callable(wanted) else wanted
        return answers.answer_text(self._body, schema, length)

    async def _decode(self, schema: dict[str, Any] | None) -> None:
        pieces = answers.split_tokens(self._text(schema))
        limit = self._body.get("max_tokens") or len(pieces)
        finish = "stop" if len(pieces) <= limit else "length"
        pieces = pieces[:limit]
        fault = self._fault
        if fault is not None and fault.kind is FaultKind.length:
            pieces, finish = pieces[: fault.tokens], "length"
        if not self._body.get("stream"):
            await self._send_whole(pieces, finish)
            return
        self._open_stream()
        if fault is not None and fault.kind is FaultKind.empty_choices:
            self._send({"choices": []})
        else:
            self._send(self._chunk({"role": "assistant", "content": None}))
            await self._send_pieces(pieces)
            self._send(self._chunk({}, finish))
            self._send_totals(len(pieces))
        self._event("[DONE]")
        self._connection.write(b"0\r\n\r\n")

    async def _send_pieces(self, pieces: list[str]) -> None:
        due = time.monotonic()
        for number, piece in enumerate(pieces):
            if math.isfinite(self._server.decode):
                due += self._slowdown() / self._server.decode
                pause = due - time.monotonic()
                if pause > _TICK:
                    await asyncio.sleep(pause)
            await self._fail_midway(number)
            await self._send_token(piece)
        await self._fail_midway(len(pieces))

    async def _send_token(self, piece: str) -> None:
        fault = self._fault
        chunk = self._chunk({"content": piece})
        if fault is not None and fault.kind is FaultKind.drip:
            for byte in f"data: {json.dumps(chunk)}\n\n".encode():
                self._connection.write(b"1\r\n" + bytes([byte]) + b"\r\n")
                await asyncio.sleep(fault.seconds)
        else:
            self._send(chunk)
        self._record.sent_tokens += 1

    async def _fail_midway(self, sent: int) -> None:
        fault = self._fault
        if fault is None or sent != fault.tokens:
            return
        if fault.kind is FaultKind.reset:
            await asyncio.sleep(_TICK)  # what was sent has left the machine
            self._connection.reset()
        elif fault.kind is FaultKind.hang:
            await asyncio.Event().wait()
        elif fault.kind is FaultKind.pings:
            while True:
                self._chunked(b": ping\n\n")
                await asyncio.sleep(fault.seconds)
        elif fault.kind is FaultKind.bad_json:
            self._chunked(b'data: {"choices":[{"index":0,"del\n\n')
            self._connection.write(b"0\r\n\r\n")
        elif fault.kind is FaultKind.cut:
            self._connection.write(b"0\r\n\r\n")
        elif fault.kind is FaultKind.error_event:
            self._event(fault.body)
            self._connection.write(b"0\r\n\r\n")
        else:
            return
        raise _Gone

    def _open_stream(self) -> None:
        self._connection.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )

    def _send(self, event: dict[str, Any]) -> None:
        self._event(json.dumps(event))

    def _event(self, data: str) -> None:
        self._chunked(f"data: {data}\n\n".encode())

    def _chunked(self, data: bytes) -> None:
        self._connection.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {
            "id": "chatcmpl-fake",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": self._server.model,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        }

    def _send_totals(self, tokens: int) -> None:
        dialect = self._server.dialect
        wanted = (self._body.get("stream_options") or {}).get("include_usage")
        if dialect is Dialect.llama_cpp_python or not wanted:
            return
        totals: dict[str, Any] = {**self._chunk({}), "choices": [], "usage": self._usage(tokens)}
        if dialect is Dialect.llama_cpp:
            totals["timings"] = self._timings(tokens)
        self._send(totals)

    def _usage(self, tokens: int) -> dict[str, Any]:
        fault, server = self._fault, self._server
        prompt = answers.count_tokens(self._prompt)
        if server.dialect is Dialect.ollama:
            prompt = min(prompt, server.context)  # it cuts longer prompts and says nothing
        if fault is not None and fault.kind is FaultKind.count_less:
            prompt = fault.tokens
        usage: dict[str, Any] = {
            "prompt_tokens": prompt,
            "completion_tokens": tokens,
            "total_tokens": prompt + tokens,
        }
        if server.dialect in (Dialect.vllm, Dialect.openai, Dialect.llama_cpp):
            usage["prompt_tokens_details"] = {"cached_tokens": self._cached}
        return usage

    def _timings(self, tokens: int) -> dict[str, Any]:
        now = time.monotonic()
        prompt = answers.count_tokens(self._prompt) - self._cached
        prompt_ms = max((self._prefilled - self._started) * 1000, 0.001)
        predicted_ms = max((now - self._prefilled) * 1000, 0.001)
        return {
            "cache_n": self._cached,
            "prompt_n": prompt,
            "prompt_ms": prompt_ms,
            "prompt_per_second": prompt / prompt_ms * 1000,
            "predicted_n": tokens,
            "predicted_ms": predicted_ms,
            "predicted_per_second": tokens / predicted_ms * 1000,
        }

    async def _send_whole(self, pieces: list[str], finish: str) -> None:
        if math.isfinite(self._server.decode):
            await asyncio.sleep(len(pieces) / self._server.decode * self._slowdown())
        self._record.sent_tokens = len(pieces)
        message = {"role": "assistant", "content": "".join(pieces)}
        self._connection.reply(
            200,
            {
                "id": "chatcmpl-fake",
                "object": "chat.completion",
                "created": 0,
                "model": self._server.model,
                "choices": [{"index": 0, "message": message, "finish_reason": finish}],
                "usage": self._usage(len(pieces)),
            },
        )
