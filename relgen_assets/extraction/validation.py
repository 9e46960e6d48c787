"""The verdict row of a chunk: the judgement of its answer, or why there was none."""

from __future__ import annotations

from collections.abc import Iterable

from relgen_assets.extraction import Judgement, judge
from relgen_assets.extraction.evidence import Finding
from relgen_assets.extraction.naming import GroundedName
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.worked_examples import example_descriptions
from relgen_assets.rows.models import (
    Chunk,
    EntityGrounding,
    Polarity,
    RawExtraction,
    RelationEvidence,
    Span,
    ValidatedExtraction,
)


def validate_all(
    chunks: Iterable[Chunk], raw: Iterable[RawExtraction], policy: JudgingPolicy
) -> list[ValidatedExtraction]:
    """Return the verdicts on the raw answers of a batch, one for each and in their order.

    An answer about a chunk that is not in `chunks` is rejected.
    """
    texts = {chunk.chunk_id: chunk.text for chunk in chunks}
    return [validate(row, texts.get(row.chunk_id, ""), policy) for row in raw]


def validate(row: RawExtraction, text: str, policy: JudgingPolicy) -> ValidatedExtraction:
    """Return the verdict on one raw answer.

    Args:
        row: The raw answer, or the record that there is none.
        text: The text of the chunk the row is about.
        policy: What happens to what the text does not say.
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
    answers = (message.content for message in row.messages if message.role == "assistant")
    judgement = judge(
        row.text,
        text,
        finish_reason=row.finish_reason,
        examples=example_descriptions(answers),
        policy=policy,
    )
    return verdict_row(row.chunk_id, row.paper_id, judgement)


def verdict_row(chunk_id: str, paper_id: str, judgement: Judgement) -> ValidatedExtraction:
    """Return a judgement as the row of a chunk."""
    return ValidatedExtraction(
        chunk_id=chunk_id,
        paper_id=paper_id,
        verdict=judgement.verdict,
        reason=judgement.reason,
        repairs=list(judgement.repairs),
        extraction=judgement.extraction,
        grounding=[_grounding(name) for name in judgement.names],
        evidence=[_evidence(finding) for finding in judgement.evidence],
    )


def _grounding(name: GroundedName) -> EntityGrounding:
    return EntityGrounding(
        name=name.name,
        answered=name.answered,
        status=name.occurrence.value,
        differences=[kind.value for kind in name.differences],
        similarity=name.similarity,
        mentions=_spans(name.mentions),
    )


def _evidence(finding: Finding) -> RelationEvidence:
    said: Polarity = "denied" if finding.is_denied else "affirmed"
    return RelationEvidence(
        sentences=_spans(finding.evidence),
        support=finding.support,
        polarity=said if finding.evidence else None,
        directed=finding.is_directed,
        fault=finding.fault.value if finding.fault is not None else None,
    )


def _spans(offsets: Iterable[tuple[int, int]]) -> list[Span]:
    return [Span(start=start, end=end) for start, end in offsets]
