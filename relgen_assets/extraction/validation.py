"""The verdict row of a chunk: the judgement of its answer, or why there was none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from relgen_assets.extraction import Judgement, SentPrompt, judge
from relgen_assets.extraction.evidence import Finding
from relgen_assets.extraction.judging import Judge
from relgen_assets.extraction.naming import GroundedName
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.second_opinion import RelationKey, relation_key, with_opinions
from relgen_assets.rows.models import (
    Chunk,
    EntityGrounding,
    Polarity,
    RawExtraction,
    RelationEvidence,
    SecondOpinion,
    Span,
    ValidatedExtraction,
)


def validate_all(
    chunks: Iterable[Chunk],
    raw: Iterable[RawExtraction],
    policy: JudgingPolicy,
    *,
    opinions: Iterable[SecondOpinion] = (),
    judge: Judge = judge,
) -> list[ValidatedExtraction]:
    """Return the verdicts on the raw answers of a batch, one for each and in their order.

    An answer about a chunk that is not in `chunks` is rejected.

    Args:
        chunks: The chunks of the batch.
        raw: The raw answers.
        policy: What happens to what the text does not say.
        opinions: Second opinions on their relations; none if the rules alone decide.
        judge: What judges the answers.
    """
    texts = {chunk.chunk_id: chunk.text for chunk in chunks}
    denied: dict[str, set[RelationKey]] = defaultdict(set)
    for one in opinions:
        if one.opinion == "denied":
            denied[one.chunk_id].add(relation_key(one.relation))
    return [
        validate(
            row,
            texts.get(row.chunk_id, ""),
            policy,
            denied=denied.get(row.chunk_id, frozenset()),
            judge=judge,
        )
        for row in raw
    ]


def validate(
    row: RawExtraction,
    text: str,
    policy: JudgingPolicy,
    *,
    denied: Collection[RelationKey] = frozenset(),
    judge: Judge = judge,
) -> ValidatedExtraction:
    """Return the verdict on one raw answer.

    Args:
        row: The raw answer, or the record that there is none.
        text: The text of the chunk the row is about.
        policy: What happens to what the text does not say.
        denied: Relations that a second opinion denies.
        judge: What judges the answer.
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
    judgement = with_opinions(judgement_of(row, text, policy, judge), denied, policy)
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


def judgement_of(
    row: RawExtraction, text: str, policy: JudgingPolicy, judge: Judge = judge
) -> Judgement:
    """Return the verdict of the rules on a raw answer that was completed."""
    prompt = SentPrompt(tuple((message.role, message.content) for message in row.messages))
    return judge(row.text, text, finish_reason=row.finish_reason, prompt=prompt, policy=policy)


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
