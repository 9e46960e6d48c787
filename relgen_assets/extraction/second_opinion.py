"""The second opinion: what a model is asked about a relation that the rules keep, and what follows.

A claim is the description of a relation beside the sentences that are its evidence. The model says
whether they state it. A relation that it denies is one that the text does not state: the policy
decides whether it is left out or marked. Without a usable opinion, the verdict of the rules stands.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import ValidationError

from relgen_assets.extraction.codes import RejectionReason, Repair
from relgen_assets.extraction.evidence import Fault, Finding
from relgen_assets.extraction.judgement import Judgement, rejected
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.quoted_evidence import QuotableText, Span
from relgen_assets.extraction.salvage import salvage
from relgen_assets.extraction.sentences import sentence_spans
from relgen_assets.extraction.statements import BACK_REFERENCE
from relgen_assets.rows.answers import OpinionAnswer
from relgen_assets.rows.models import Relation

Stance = Literal["stated", "denied", "none"]
RelationKey = tuple[str, tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Claim:
    """A relation to ask about.

    Attributes:
        relation: The relation, as the rules keep it.
        passage: The sentences that state it, on one line; with the one before, if they point back.
    """

    relation: Relation
    passage: str

    @property
    def statement(self) -> str:
        """What is claimed, as a sentence; a bare predicate is put between its sides."""
        relation = self.relation
        said = relation.description
        sides = [*relation.source_entities, *relation.target_entities]
        if any(name.casefold() in said.casefold() for name in sides):
            return said
        sources, targets = (
            ", ".join(side) for side in (relation.source_entities, relation.target_entities)
        )
        return f"{sources} {said} {targets}"


def relation_key(relation: Relation) -> RelationKey:
    """Return what an opinion on a relation is found by: its words and its sides."""
    return (
        relation.description,
        tuple(relation.source_entities),
        tuple(relation.target_entities),
    )


def claims(judgement: Judgement, text: str) -> list[Claim]:
    """Return what to ask about an answer: each relation that is supported, in order.

    Args:
        judgement: The verdict of the rules.
        text: The chunk that the answer is about.
    """
    if judgement.extraction is None or not judgement.extraction.relations:
        return []
    sentences = sentence_spans(text)
    return [
        Claim(relation, _passage(finding.evidence, text, sentences))
        for relation, finding in zip(
            judgement.extraction.relations, judgement.evidence, strict=True
        )
        if finding.fault is None
    ]


def read_opinion(answer: str, passage: str) -> tuple[Stance, str]:
    """Return what an answer says of a claim, and the words that it quotes for that.

    A "yes" by words that are not in the passage is no usable opinion.

    Args:
        answer: The raw answer of a model.
        passage: What it was shown.
    """
    for found in reversed(salvage(answer)):
        try:
            opinion = OpinionAnswer.model_validate(found.value)
        except ValidationError:
            continue
        if opinion.stated == "no":
            return "denied", opinion.quote
        whole = ((0, len(passage)),)
        if QuotableText(passage, whole).sentences_of(opinion.quote):
            return "stated", opinion.quote
    return "none", ""


def with_opinions(
    judgement: Judgement, denied: Collection[RelationKey], policy: JudgingPolicy
) -> Judgement:
    """Return a verdict in which the relations that a second opinion denies are left out or marked.

    Args:
        judgement: The verdict of the rules.
        denied: Keys of the denied relations, of this answer or of others about the same text.
        policy: What happens to relations that the text does not state.
    """
    if judgement.extraction is None:
        return judgement
    relations = judgement.extraction.relations
    is_denied = [relation_key(one) in denied for one in relations]
    if not any(is_denied):
        return judgement
    if policy.unsupported_relations == "mark":
        evidence = zip(judgement.evidence, is_denied, strict=True)
        marked = tuple(_marked(one) if is_out else one for one, is_out in evidence)
        return replace(judgement, evidence=marked)
    kept = [
        (relation, finding)
        for relation, finding, is_out in zip(relations, judgement.evidence, is_denied, strict=True)
        if not is_out
    ]
    repairs = (*judgement.repairs, Repair.DENIED_RELATION_DROPPED.value)
    if not kept:
        return replace(rejected(RejectionReason.DENIED), repairs=repairs)
    return replace(
        judgement,
        verdict="repaired",
        repairs=repairs,
        extraction=judgement.extraction.model_copy(
            update={"relations": [relation for relation, _ in kept]}
        ),
        evidence=tuple(finding for _, finding in kept),
    )


def _marked(finding: Finding) -> Finding:
    """Return what the rules find, with the denial as its fault if they have found none."""
    return replace(finding, fault=finding.fault or Fault.DENIED)


def _passage(evidence: Sequence[Span], text: str, sentences: Sequence[Span]) -> str:
    """Return the sentences of the evidence, after the one that they point back to."""
    start, end = evidence[0][0], evidence[-1][1]
    if BACK_REFERENCE.match(text, start):
        start = max((first for first, _ in sentences if first < start), default=start)
    return " ".join(text[start:end].split())
