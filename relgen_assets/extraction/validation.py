"""The verdict row of a chunk: the judgement of its answer, or why there was none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from relgen_assets.extraction import SentPrompt, judge
from relgen_assets.extraction.reading import Judgement
from relgen_assets.extraction.second_opinion import RelationKey, relation_key, with_opinions
from relgen_assets.rows.models import Chunk, RawExtraction, SecondOpinion, ValidatedExtraction


def validate_all(
    chunks: Iterable[Chunk],
    raw: Iterable[RawExtraction],
    *,
    opinions: Iterable[SecondOpinion] = (),
) -> list[ValidatedExtraction]:
    """Return the verdicts on the raw answers of a batch, one for each and in their order.

    An answer about a chunk that is not in `chunks` is rejected.

    Args:
        chunks: The chunks of the batch.
        raw: The raw answers.
        opinions: Second opinions on their relations; none if the rules alone decide.
    """
    texts = {chunk.chunk_id: chunk.text for chunk in chunks}
    denied: dict[str, set[RelationKey]] = defaultdict(set)
    for one in opinions:
        if one.opinion == "denied":
            denied[one.chunk_id].add(relation_key(one.relation))
    return [
        validate(row, texts.get(row.chunk_id, ""), denied=denied.get(row.chunk_id, frozenset()))
        for row in raw
    ]


def validate(
    row: RawExtraction, text: str, *, denied: Collection[RelationKey] = frozenset()
) -> ValidatedExtraction:
    """Return the verdict on one raw answer.

    Args:
        row: The raw answer, or the record that there is none.
        text: The text of the chunk the row is about.
        denied: Relations that a second opinion denies.
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
    judgement = with_opinions(judgement_of(row, text), denied)
    return ValidatedExtraction(
        chunk_id=row.chunk_id,
        paper_id=row.paper_id,
        verdict=judgement.verdict,
        reason=judgement.reason,
        repairs=list(judgement.repairs),
        extraction=judgement.extraction,
    )


def judgement_of(row: RawExtraction, text: str) -> Judgement:
    """Return the verdict of the rules on a raw answer that was completed."""
    prompt = SentPrompt(tuple((message.role, message.content) for message in row.messages))
    return judge(row.text, text, finish_reason=row.finish_reason, prompt=prompt)
