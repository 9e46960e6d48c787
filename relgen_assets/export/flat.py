"""Entities and relations as flat rows: names, offsets and nothing nested, for tables and graphs."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from relgen_assets.export.examples import FullExample
from relgen_assets.rows.models import (
    GroundingStatus,
    Polarity,
    RelationEvidence,
    Span,
    Strength,
    TableRow,
)


class EntityMention(TableRow):
    """One row of the config `entities`: one place where a chunk names an entity."""

    paper_id: str = Field(description="Id of the article.")
    chunk_id: str = Field(description="Id of the chunk.")
    entity: int = Field(description="Position of the entity in its extraction, from 0.")
    name: str = Field(description="Name of the entity in the extraction.")
    type: str | None = Field(description="Its type; null if it is not known.")
    status: GroundingStatus = Field(description="How the answer's name occurs in the chunk.")
    mention: str | None = Field(
        description="The name as the chunk spells it here; null if it is not in the chunk."
    )
    start: int | None = Field(description="Offset of its first character in the chunk.")
    end: int | None = Field(description="Offset after its last character in the chunk.")


class RelationPair(TableRow):
    """One row of the config `relations`: one source and one target of a relation."""

    paper_id: str = Field(description="Id of the article.")
    chunk_id: str = Field(description="Id of the chunk.")
    relation: int = Field(description="Position of the relation in its extraction, from 0.")
    source: str = Field(description="Entity the relation starts from.")
    target: str = Field(description="Entity the relation points to.")
    description: str = Field(description="What relates the entities, in a sentence.")
    type: str | None = Field(description="Its type; null if the project has no types.")
    strength: Strength | None = Field(description="How strongly the text asserts it.")
    polarity: Polarity | None = Field(description="Whether it is affirmed or denied.")
    support: float = Field(description="Share of its description that the evidence holds, 0 to 1.")
    fault: str | None = Field(
        description="Why the chunk does not support it, if it was kept all the same."
    )
    evidence_start: int | None = Field(description="Offset in the chunk where its evidence begins.")
    evidence_end: int | None = Field(description="Offset after that.")
    source_start: int | None = Field(
        description="Offset in the chunk where the source stands: in the evidence, or first."
    )
    source_end: int | None = Field(description="Offset after that.")
    target_start: int | None = Field(description="The same for the target.")
    target_end: int | None = Field(description="Offset after that.")


def entity_mentions(example: FullExample) -> list[EntityMention]:
    """Return a row for each place where the chunk names an entity, and one if it never does."""
    types = example.entity_types or [None] * len(example.grounding)
    return [
        EntityMention(
            paper_id=example.paper_id,
            chunk_id=example.chunk_id,
            entity=number,
            name=entity.name,
            type=type_,
            status=entity.status,
            mention=example.chunk[place.start : place.end] if place else None,
            start=place.start if place else None,
            end=place.end if place else None,
        )
        for number, (entity, type_) in enumerate(zip(example.grounding, types, strict=True))
        for place in (*entity.mentions, *(() if entity.mentions else (None,)))
    ]


def relation_pairs(example: FullExample) -> list[RelationPair]:
    """Return a row for each source and target of each relation."""
    mentions = {entity.name: entity.mentions for entity in example.grounding}
    rows: list[RelationPair] = []
    for number, (relation, evidence) in enumerate(
        zip(example.relations, example.evidence, strict=True)
    ):
        start, end = _range(evidence)
        for source in relation.source_entities:
            for target in relation.target_entities:
                first = _stands(mentions[source], evidence.sentences)
                second = _stands(mentions[target], evidence.sentences)
                rows.append(
                    RelationPair(
                        paper_id=example.paper_id,
                        chunk_id=example.chunk_id,
                        relation=number,
                        source=source,
                        target=target,
                        description=relation.description,
                        type=relation.type,
                        strength=relation.strength,
                        polarity=evidence.polarity,
                        support=evidence.support,
                        fault=evidence.fault,
                        evidence_start=start,
                        evidence_end=end,
                        source_start=first.start if first else None,
                        source_end=first.end if first else None,
                        target_start=second.start if second else None,
                        target_end=second.end if second else None,
                    )
                )
    return rows


def _range(evidence: RelationEvidence) -> tuple[int, int] | tuple[None, None]:
    """Return from where to where the sentences of the evidence reach."""
    if not evidence.sentences:
        return None, None
    return evidence.sentences[0].start, evidence.sentences[-1].end


def _stands(mentions: Sequence[Span], sentences: Sequence[Span]) -> Span | None:
    """Return the first mention in the evidence, or the first of all."""
    inside = (
        mention
        for mention in mentions
        for sentence in sentences
        if sentence.start <= mention.start and mention.end <= sentence.end
    )
    return next(inside, mentions[0] if mentions else None)
