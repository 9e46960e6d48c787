"""Durable before used: writes answers to the ledger in groups, and reports when they are written.

While a thread writes one group, the next one collects: 20,000 answers cost a few hundred
transactions, and no answer waits for a group to fill.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from resources.generation import (
    Failure,
    Generation,
    GenerationRequest,
    Outcome,
)


class Ledger(Protocol):
    """What the pool needs from the generation ledger; must be thread-safe."""

    def lookup(self, requests: Sequence[GenerationRequest], model: str) -> dict[str, Generation]:
        """Return the known answers, by subject."""
        ...

    def latest_model(self, endpoints: Collection[str]) -> str | None:
        """Return the model of the newest answer of any of these endpoints."""
        ...

    def record(self, answers: Sequence[tuple[GenerationRequest, Generation]]) -> None:
        """Write answers; they are durable when this returns."""
        ...

    def outgrown(self, requests: Sequence[GenerationRequest], model: str) -> dict[str, int]:
        """Return contexts in tokens that cut the prompts of requests, by subject."""
        ...

    def discard(
        self,
        request: GenerationRequest,
        answer: Generation,
        reason: str,
        context: int | None,
    ) -> None:
        """Keep an answer that counts for nothing, with the reason."""
        ...

    def record_failure(self, request: GenerationRequest, failure: Failure, model: str) -> None:
        """Record that a request was set aside, and why."""
        ...


class _PendingWrite(NamedTuple):
    request: GenerationRequest
    outcome: Outcome
    model: str


class _Discarded(NamedTuple):
    request: GenerationRequest
    answer: Generation
    reason: str
    context: int | None


class LedgerWriter:
    """Writes answers in groups.

    Args:
        ledger: Where to write.
        written: Called in the event loop with every answer or failure that has become durable.
    """

    def __init__(
        self,
        ledger: Ledger,
        written: Callable[[GenerationRequest, Outcome], None],
    ) -> None:
        self._ledger = ledger
        self._written = written
        self._began = 0.0
        self._waiting: list[_PendingWrite] = []
        self._discarded: list[_Discarded] = []
        self._group: list[_PendingWrite] = []
        self._changed = asyncio.Event()
        self._writing: asyncio.Future[None] | None = None

    def put(self, request: GenerationRequest, outcome: Outcome, model: str) -> None:
        """Queue an outcome of `model` for the next group."""
        self._waiting.append(_PendingWrite(request, outcome, model))
        self._changed.set()

    def discard(
        self, request: GenerationRequest, answer: Generation, reason: str, context: int | None
    ) -> None:
        """Queue an answer that is thrown away; see `Ledger.discard`."""
        self._discarded.append(_Discarded(request, answer, reason, context))
        self._changed.set()

    def stalled(self, seconds: float) -> bool:
        """Return whether the current group has taken longer than this to write."""
        return self._writing is not None and time.monotonic() - self._began > seconds

    async def run(self) -> None:
        """Write until cancelled.

        Raises:
            LedgerError: The ledger cannot be written.
        """
        while True:
            await self._changed.wait()
            await self.flush()

    async def flush(self) -> None:
        """Write everything that is queued.

        Raises:
            LedgerError: The ledger cannot be written.
        """
        if self._writing is not None:  # started by a cancelled `run`
            await asyncio.wait([self._writing])
            self._take_back(self._writing)
        self._changed.clear()
        while self._discarded:
            await asyncio.to_thread(self._ledger.discard, *self._discarded[0])
            del self._discarded[0]
        if not self._waiting:
            return
        self._group, self._waiting = self._waiting, []
        self._began = time.monotonic()
        self._writing = writing = asyncio.ensure_future(asyncio.to_thread(self._write, self._group))
        try:
            await asyncio.shield(writing)
        finally:
            if writing.done():
                self._take_back(writing)
        for entry in self._group:
            self._written(entry.request, entry.outcome)

    def _keep_to_the_ledger(self, group: list[_PendingWrite]) -> None:
        """Use the ledger's answer where another run asked the same and was faster."""
        kept = self._ledger.lookup([entry.request for entry in group], group[0].model)
        for number, entry in enumerate(group):
            known = kept.get(entry.request.subject)
            if isinstance(entry.outcome, Generation) and known and known.text != entry.outcome.text:
                group[number] = entry._replace(outcome=replace(known, from_ledger=True))

    def _take_back(self, writing: asyncio.Future[None]) -> None:
        """Finish writing a group; one that could not be written is queued again."""
        self._writing = None
        if writing.cancelled() or writing.exception() is not None:
            self._waiting = self._group + self._waiting

    def _write(self, group: list[_PendingWrite]) -> None:
        answers = [
            (entry.request, entry.outcome)
            for entry in group
            if isinstance(entry.outcome, Generation)
        ]
        if answers:
            self._ledger.record(answers)
            self._keep_to_the_ledger(group)
        for entry in group:
            if isinstance(entry.outcome, Failure):
                self._ledger.record_failure(entry.request, entry.outcome, entry.model)
