"""One chat completion of the fake server, from its slot to its last token or its fault."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from typing import Any

from relgen_assets_tests.fakes import answers, events
from relgen_assets_tests.fakes.event_stream import EventStream, Wire
from relgen_assets_tests.fakes.fake_type import LongPrompt
from relgen_assets_tests.fakes.faults import FaultKind, ServerFault
from relgen_assets_tests.fakes.state import Recorded, ServerState

_TICK = 0.002
"""Tokens due within this many seconds are sent together."""


class _Gone(Exception):
    """The exchange ended early because of its fault."""


class Exchange:
    """One completion: wait for a slot, prefill, decode token by token, or commit a fault."""

    def __init__(
        self,
        server: ServerState,
        wire: Wire,
        body: dict[str, Any],
        headers: dict[str, str],
    ) -> None:
        self._server = server
        self._wire = wire
        self._stream = EventStream(wire)
        self._body = body
        self._record = Recorded(body, headers, time.monotonic())
        self._fault = server.draw_fault(body)
        self._prompt = "".join(message["content"] for message in body["messages"])
        self._tally = events.Tally(answers.count_tokens(self._prompt))

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
        fits = self._tally.prompt < server.context
        if not fits and server.type.long_prompt is not LongPrompt.cut:
            self._refuse_long_prompt()
            return "refused"
        schema = server.type.schema_of(self._body)
        if isinstance(schema, tuple):
            self._wire.reply(*schema)
            return "refused"
        await server.take_slot()
        try:
            await self._prefill()
            await self._decode(schema)
        except _Gone:
            assert fault is not None
            return f"fault:{fault.kind.value}"
        finally:
            server.free_slot()
        return "answered"

    def _refuse_long_prompt(self) -> None:
        server = self._server
        if server.type.long_prompt is LongPrompt.empty_stream:
            self._stream.open()
            self._stream.end()
        else:
            self._wire.reply(*server.type.context_error(server.serving(), self._tally.prompt))

    async def _fail_at_once(self, fault: ServerFault) -> bool:
        """Commit the fault if it needs no slot; return whether it did."""
        reply = self._wire.reply
        if fault.kind is FaultKind.status:
            reply(fault.status, fault.body, fault.headers)
        elif fault.kind is FaultKind.html:
            reply(200, "<html><body>Welcome to the router</body></html>")
        elif fault.kind is FaultKind.wrong_type:
            reply(200, "all is well")
        elif fault.kind is FaultKind.reset and fault.tokens < 0:
            self._wire.reset()
        elif fault.kind is FaultKind.hang and fault.tokens < 0:
            await asyncio.Event().wait()
        else:
            return False
        return True

    async def _prefill(self) -> None:
        server, tally = self._server, self._tally
        tally.started = time.monotonic()
        tally.cached = server.cached_tokens(self._prompt)
        if math.isfinite(server.prefill):
            rest = tally.prompt - tally.cached
            await asyncio.sleep(rest / server.prefill * self._slowdown())
        tally.prefilled = time.monotonic()

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
        self._stream.open()
        if fault is not None and fault.kind is FaultKind.empty_choices:
            self._stream.send({"choices": []})
        else:
            self._stream.send(self._chunk({"role": "assistant", "content": None}))
            await self._send_pieces(pieces)
            self._stream.send(self._chunk({}, finish))
            self._send_totals(len(pieces))
        self._stream.send_data("[DONE]")
        self._stream.end()

    async def _send_pieces(self, pieces: list[str]) -> None:
        due = time.monotonic()
        endless = self._fault is not None and self._fault.kind is FaultKind.endless
        for number, piece in enumerate(itertools.cycle(pieces) if endless else pieces):
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
            await self._stream.drip(chunk, fault.seconds)
        else:
            self._stream.send(chunk)
        self._record.sent_tokens += 1

    async def _fail_midway(self, sent: int) -> None:
        fault = self._fault
        if fault is None or sent != fault.tokens:
            return
        if fault.kind is FaultKind.reset:
            await asyncio.sleep(_TICK)  # what was sent has left the machine
            self._wire.reset()
        elif fault.kind is FaultKind.hang:
            await asyncio.Event().wait()
        elif fault.kind is FaultKind.pings:
            while True:
                self._stream.ping()
                await asyncio.sleep(fault.seconds)
        elif fault.kind is FaultKind.bad_json:
            self._stream.send_data('{"choices":[{"index":0,"del')
            self._stream.end()
        elif fault.kind is FaultKind.cut:
            self._stream.end()
        elif fault.kind is FaultKind.error_event:
            self._stream.send_data(fault.body)
            self._stream.end()
        else:
            return
        raise _Gone

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return events.chunk(self._server.model, delta, finish)

    def _send_totals(self, tokens: int) -> None:
        server_type = self._server.type
        wanted = (self._body.get("stream_options") or {}).get("include_usage")
        if not server_type.sends_usage or not wanted:
            return
        totals = {**self._chunk({}), "choices": [], "usage": self._usage(tokens)}
        if server_type.sends_timings:
            totals["timings"] = events.timings(self._tally, tokens, time.monotonic())
        self._stream.send(totals)

    def _usage(self, tokens: int) -> dict[str, Any]:
        fault, server = self._fault, self._server
        prompt = self._tally.prompt
        if server.type.long_prompt is LongPrompt.cut:
            prompt = min(prompt, server.context)
        if fault is not None and fault.kind is FaultKind.count_less:
            prompt = fault.tokens
        cached = self._tally.cached if server.type.counts_cached else None
        return events.usage(prompt, tokens, cached)

    async def _send_whole(self, pieces: list[str], finish: str) -> None:
        if math.isfinite(self._server.decode):
            await asyncio.sleep(len(pieces) / self._server.decode * self._slowdown())
        self._record.sent_tokens = len(pieces)
        counts = self._usage(len(pieces))
        self._wire.reply(200, events.whole(self._server.model, "".join(pieces), finish, counts))
