"""Entities and relations as flat rows: names, offsets and nothing nested, for tables and graphs."""

from __future__ import annotations

from pydantic import Field

from relgen_assets.export.examples import FullExample
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.rows.models import Strength, TableRow


class EntityMention(TableRow):
    """One row of the config `entities`: one place where a chunk names an entity."""

    paper_id: str = Field(description="Id of the article.")
    chunk_id: str = Field(description="Id of the chunk.")
    entity: int = Field(description="Position of the entity in its extraction, from 0.")
    name: str = Field(description="Name of the entity in the extraction.")
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
    strength: Strength | None = Field(description="How strongly the text asserts it.")
    source_start: int | None = Field(
        description="Offset in the chunk where the source first stands."
    )
    source_end: int | None = Field(description="Offset after that.")
    target_start: int | None = Field(
        description="Offset in the chunk where the target first stands."
    )
    target_end: int | None = Field(description="Offset after that.")


def entity_mentions(example: FullExample) -> list[EntityMention]:
    """Return a row for each place where the chunk names an entity, and one if it never does."""
    text = GroundedText(example.chunk)
    rows: list[EntityMention] = []
    for number, name in enumerate(example.list_of_entities):
        places: list[tuple[int, int] | None] = [*text.mentions(name)]
        rows += [
            EntityMention(
                paper_id=example.paper_id,
                chunk_id=example.chunk_id,
                entity=number,
                name=name,
                mention=example.chunk[slice(*place)] if place else None,
                start=place[0] if place else None,
                end=place[1] if place else None,
            )
            for place in places or [None]
        ]
    return rows


def relation_pairs(example: FullExample) -> list[RelationPair]:
    """Return a row for each source and target of each relation."""
    text = GroundedText(example.chunk)
    rows: list[RelationPair] = []
    for number, relation in enumerate(example.relations):
        for source in relation.source_entities:
            for target in relation.target_entities:
                first, second = _first(text, source), _first(text, target)
                rows.append(
                    RelationPair(
                        paper_id=example.paper_id,
                        chunk_id=example.chunk_id,
                        relation=number,
                        source=source,
                        target=target,
                        description=relation.description,
                        strength=relation.strength,
                        source_start=first[0],
                        source_end=first[1],
                        target_start=second[0],
                        target_end=second[1],
                    )
                )
    return rows


def _first(text: GroundedText, name: str) -> tuple[int, int] | tuple[None, None]:
    """Return the first place of a name, as it is spelled if it is in the text like that."""
    return next(iter(text.occurrences(name) or text.mentions(name)), (None, None))
