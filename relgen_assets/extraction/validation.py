"""The verdict row of a chunk: the judgement of its answer, or why there was none."""

from __future__ import annotations

from collections.abc import Iterable

from relgen_assets.extraction import SentPrompt, judge
from relgen_assets.rows.models import Chunk, RawExtraction, ValidatedExtraction


def validate_all(
    chunks: Iterable[Chunk], raw: Iterable[RawExtraction]
) -> list[ValidatedExtraction]:
    """Return the verdicts on the raw answers of a batch, one for each and in their order.

    An answer about a chunk that is not in `chunks` is rejected.
    """
    texts = {chunk.chunk_id: chunk.text for chunk in chunks}
    return [validate(row, texts.get(row.chunk_id, "")) for row in raw]


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
    prompt = SentPrompt(tuple((message.role, message.content) for message in row.messages))
    judgement = judge(row.text, text, finish_reason=row.finish_reason, prompt=prompt)
    return ValidatedExtraction(
        chunk_id=row.chunk_id,
        paper_id=row.paper_id,
        verdict=judgement.verdict,
        reason=judgement.reason,
        repairs=list(judgement.repairs),
        extraction=judgement.extraction,
    )
