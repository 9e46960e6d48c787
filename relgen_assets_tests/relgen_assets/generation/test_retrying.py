"""A retry asks again about what was rejected, failed or is missing, up to a limit."""

from __future__ import annotations

from typing import Any

from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.validation import validate_all
from relgen_assets.generation.retrying import RetryPlan, plan_chunks, plan_summaries
from relgen_assets.rows.models import Extraction, RawExtraction, Relation, Summary
from relgen_assets_tests.relgen_assets.export.batch import batch_of

BATCH = batch_of("lake-1", chunks=1)
TEXT = "Flamingos eat brine shrimp."
GOOD = Extraction(
    section_description=TEXT,
    list_of_entities=["Flamingos", "brine shrimp"],
    relations=[
        Relation(
            description=TEXT,
            source_entities=["Flamingos"],
            target_entities=["brine shrimp"],
            strength="strong",
        )
    ],
).model_dump_json()
NO_SUMMARY = {"status": "refused", "reason": "no_summary", "attempt": 0}


def answer(number: int, text: str, **values: Any) -> RawExtraction:
    changed = {"chunk_id": f"lake-1#{number:04d}", "text": text, **values}
    return BATCH.raw[0].model_copy(update=changed)


def summary(**values: Any) -> Summary:
    return BATCH.summaries[0].model_copy(update=values)


def plan(
    *raw: RawExtraction, further: int = 1, limit: int = 4, of: Summary | None = None
) -> RetryPlan:
    chunks = [
        BATCH.chunks[0].model_copy(update={"chunk_id": row.chunk_id, "text": TEXT}) for row in raw
    ]
    verdicts = validate_all(chunks, raw, JudgingPolicy())
    return plan_chunks(raw, verdicts, [of or summary()], further=further, limit=limit)


def test_a_rejected_chunk_gets_further_attempts_and_a_usable_one_none() -> None:
    found = plan(answer(0, GOOD), answer(1, "no JSON", attempt=2), further=3, limit=10)
    assert found.attempts == {"lake-1#0001": 5}
    assert found.subjects == ["lake-1#0001"]


def test_attempts_end_at_the_limit_and_are_not_taken_back() -> None:
    found = plan(answer(0, "no JSON", attempt=2), answer(1, "no JSON", attempt=4), further=3)
    assert found.attempts == {"lake-1#0000": 4}
    assert found.exhausted == ["lake-1#0001"]


def test_a_failed_chunk_is_asked_again_and_a_refused_one_is_not() -> None:
    found = plan(
        answer(0, "", status="failed", reason="endpoints_exhausted", attempt=0),
        answer(1, "", status="refused", reason="context_exceeded", attempt=0),
    )
    assert found == RetryPlan(failed=["lake-1#0000"])


def test_a_summary_without_text_gets_further_attempts_and_a_failed_one_is_asked_again() -> None:
    rows = [
        summary(paper_id="good"),
        summary(paper_id="blank", text=" \n", attempt=2),
        summary(paper_id="worn out", text="", attempt=4),
        summary(paper_id="failed", text="", status="failed", reason="stalled", attempt=0),
        summary(paper_id="too long", text="", status="refused", reason="context_exceeded"),
    ]
    assert plan_summaries(rows, further=1, limit=4) == RetryPlan(
        attempts={"blank": 3}, failed=["failed"], exhausted=["worn out"]
    )


def test_chunks_wait_for_a_summary_that_may_still_come() -> None:
    waiting = answer(0, "", **NO_SUMMARY)
    blank = summary(text="", attempt=2)
    assert plan(waiting, of=blank) == RetryPlan(failed=[waiting.chunk_id])
    assert plan(waiting, of=blank, limit=2) == RetryPlan(exhausted=[waiting.chunk_id])
    assert plan(waiting, of=summary(text="", status="refused")) == RetryPlan()
    came_before_the_run_was_stopped = summary()
    assert plan(waiting, of=came_before_the_run_was_stopped) == RetryPlan(failed=[waiting.chunk_id])
