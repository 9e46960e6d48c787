"""Which chunks a retry asks again: rejected and failed ones, up to a limit, and no others."""

from __future__ import annotations

from typing import Any

from relgen_assets.models import Chunk, RawExtraction
from relgen_assets.retrying import plan_retry
from relgen_assets_tests.relgen_assets.export.batch import EXTRACTION, batch_of

BATCH = batch_of("lake-1", chunks=1)
TEXT = "Flamingos eat brine shrimp."
GOOD = EXTRACTION.model_dump_json()


def chunk(number: int) -> Chunk:
    return BATCH.chunks[0].model_copy(update={"chunk_id": f"lake-1#{number:04d}", "text": TEXT})


def answer(number: int, text: str, **values: Any) -> RawExtraction:
    changed = {"chunk_id": f"lake-1#{number:04d}", "text": text, **values}
    return BATCH.raw[0].model_copy(update=changed)


def test_a_rejected_chunk_gets_further_attempts_and_a_usable_one_none() -> None:
    raw = [answer(0, GOOD), answer(1, "no JSON", attempt=2)]
    plan = plan_retry([chunk(0), chunk(1)], raw, further=3, limit=10)
    assert plan.attempts == {"lake-1#0001": 5}
    assert plan.subjects == ["lake-1#0001"]


def test_attempts_end_at_the_limit_and_are_not_taken_back() -> None:
    raw = [answer(0, "no JSON", attempt=2), answer(1, "no JSON", attempt=4)]
    plan = plan_retry([chunk(0), chunk(1)], raw, further=3, limit=4)
    assert plan.attempts == {"lake-1#0000": 4}
    assert plan.exhausted == ["lake-1#0001"]


def test_a_failed_chunk_is_asked_again_and_a_refused_one_is_not() -> None:
    raw = [
        answer(0, "", status="failed", reason="endpoints_exhausted", attempt=0),
        answer(1, "", status="refused", reason="context_exceeded", attempt=0),
    ]
    plan = plan_retry([chunk(0), chunk(1)], raw, further=1, limit=4)
    assert (plan.attempts, plan.failed, plan.exhausted) == ({}, ["lake-1#0000"], [])
