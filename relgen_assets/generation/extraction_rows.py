"""The row of a chunk: answered, failed, or refused without being sent."""

from __future__ import annotations

from collections.abc import Sequence

from relgen_assets.generation.answer_columns import (
    generated_columns,
    status_of,
    unanswered_columns,
)
from relgen_assets.generation.extraction_requests import ExtractionTask
from relgen_assets.rows.models import RawExtraction
from resources.generation import Outcome


def extraction_row(
    task: ExtractionTask, outcome: Outcome | None, earlier_reasons: Sequence[str] = ()
) -> RawExtraction:
    """Return the row of a chunk: answered, failed, or refused without being sent.

    Args:
        task: What was asked in the attempt that the outcome is of.
        outcome: The answer or failure.
        earlier_reasons: Why the answers of earlier attempts were not usable.
    """
    columns = {
        "chunk_id": task.chunk.chunk_id,
        "paper_id": task.chunk.paper_id,
        "mode": task.mode,
        "candidates": task.candidates,
        "earlier_reasons": list(earlier_reasons),
    }
    failed = task.first.failure if task.first else None
    if task.request is None or outcome is None:
        status = status_of(failed) if failed else "refused"
        missing = unanswered_columns(status, task.refusal, task.prompt_version, ())
        return RawExtraction(**columns, **missing)
    generated = generated_columns(task.request, outcome)
    if task.first is not None and task.first.answer is not None:
        for cost in ("prompt_tokens", "completion_tokens", "seconds"):
            generated[cost] += getattr(task.first.answer, cost)  # no pass is hidden
    return RawExtraction(**columns, **generated)
