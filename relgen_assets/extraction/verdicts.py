"""The verdict row of a chunk: the judgement of its answer, or why there was none."""

from __future__ import annotations

from relgen_assets.extraction import judge
from relgen_assets.models import RawExtraction, ValidatedExtraction


def validate(row: RawExtraction, text: str) -> ValidatedExtraction:
    """Return the verdict on one raw answer.

    Args:
        row: The raw answer, or the record that there is none.
        text: The text of the chunk the row is about.
    """
    if row.status != "completed":
        return ValidatedExtraction(
            chunk_id=row.chunk_id,
            paper_id=row.paper_id,
            verdict="rejected",
            reason=row.reason or row.status,
            repairs=[],
            extraction=None,
        )
    judgement = judge(row.text, text, finish_reason=row.finish_reason)
    return ValidatedExtraction(
        chunk_id=row.chunk_id,
        paper_id=row.paper_id,
        verdict=judgement.verdict,
        reason=judgement.reason,
        repairs=list(judgement.repairs),
        extraction=judgement.extraction,
    )
