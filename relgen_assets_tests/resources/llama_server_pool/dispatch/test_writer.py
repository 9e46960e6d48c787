"""Writing answers to the ledger: none is dropped while the ledger is unavailable."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from relgen_assets_tests.resources.generation_ledger.samples import pairs
from relgen_assets_tests.resources.llama_server_pool.pools import ledger_at
from resources.errors import LedgerError
from resources.generation import Failure, Generation, GenerationRequest, Outcome
from resources.llama_server_pool.dispatch.writer import LedgerWriter


class MovedLedger:
    """A ledger that cannot be written at first."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.recorded: list[str] = []

    def lookup(self, requests: Sequence[GenerationRequest], model: str) -> dict[str, Generation]:
        return {}

    def record(self, answers: Sequence[tuple[GenerationRequest, Generation]]) -> None:
        if self.failures:
            self.failures -= 1
            raise LedgerError("database is locked")
        self.recorded += [request.subject for request, _ in answers]

    def latest_model(self, endpoints: Collection[str]) -> str | None:
        return None

    def outgrown(self, requests: Sequence[GenerationRequest], model: str) -> dict[str, int]:
        return {}

    def discard(
        self, request: GenerationRequest, answer: Generation, reason: str, context: int | None
    ) -> None:
        raise NotImplementedError

    def record_failure(self, request: GenerationRequest, failure: Failure, model: str) -> None:
        raise AssertionError("nothing failed")


def test_what_could_not_be_written_is_written_with_what_comes_next() -> None:
    ledger, told = MovedLedger(failures=1), list[str]()

    async def work() -> None:
        writer = LedgerWriter(ledger, lambda request, _: told.append(request.subject))
        (first, second) = pairs(0, 1)
        writer.put(first[0], first[1], "model")
        with pytest.raises(LedgerError):
            await writer.flush()
        assert told == []
        writer.put(second[0], second[1], "model")
        await writer.flush()

    asyncio.run(work())
    subjects = [request.subject for request, _ in pairs(0, 1)]
    assert ledger.recorded == subjects
    assert told == subjects


@pytest.mark.parametrize("failures", [0, 1])
def test_a_group_on_its_way_when_writing_is_cancelled_is_written(failures: int) -> None:
    ledger = MovedLedger(failures)

    async def work() -> None:
        writer = LedgerWriter(ledger, lambda *_: None)
        (first, second) = pairs(0, 1)
        writer.put(*first, "model")
        writing = asyncio.create_task(writer.run())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        writer.put(*second, "model")
        await writer.flush()

    asyncio.run(work())
    assert ledger.recorded == [request.subject for request, _ in pairs(0, 1)]


def test_if_another_run_was_faster_its_answer_is_used(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "ledger.db")
    told: list[Outcome] = []

    async def work() -> None:
        writer = LedgerWriter(ledger, lambda _, outcome: told.append(outcome))
        (own, other) = pairs(0, 1)
        ledger.record([(own[0], replace(own[1], text="the other run's"))])
        writer.put(own[0], own[1], own[1].model)
        writer.put(other[0], other[1], other[1].model)
        await writer.flush()

    asyncio.run(work())
    ledger.close()
    first, second = told
    assert isinstance(first, Generation)
    assert (first.text, first.from_ledger) == ("the other run's", True)
    assert second == pairs(0, 1)[1][1]
