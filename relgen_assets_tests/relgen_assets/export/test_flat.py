"""Flat rows: every offset gives the name, every entity and every pair of a relation is there."""

from __future__ import annotations

from relgen_assets.export.examples import FullExample
from relgen_assets.export.flat import EntityMention, entity_mentions, relation_pairs
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.rows.models import EntityGrounding, Relation, RelationEvidence, Span
from relgen_assets_tests.relgen_assets.export.batch import batch_of

CHUNK = "Brine shrimp feed flamingos. Flamingos eat brine  shrimp and algae."


FIRST, SECOND = Span(start=0, end=28), Span(start=29, end=len(CHUNK))


def example(names: list[str], *relations: Relation, stated: Span = SECOND) -> FullExample:
    """Return an example about the chunk; its relations are stated by one of its sentences."""
    (one,) = batch_of("lake-1", chunks=1).examples()
    text = GroundedText(CHUNK)
    sides = [side for one in relations for side in (*one.source_entities, *one.target_entities)]
    grounding = [grounded(name, text) for name in dict.fromkeys([*names, *sides])]
    evidence = [
        RelationEvidence(sentences=[stated], support=1.0, polarity="affirmed", directed=True)
        for _ in relations
    ]
    return one.model_copy(
        update={
            "chunk": CHUNK,
            "list_of_entities": [one.name for one in grounding],
            "relations": [*relations],
            "grounding": grounding,
            "evidence": evidence,
        }
    )


def grounded(name: str, text: GroundedText) -> EntityGrounding:
    mentions = [Span(start=start, end=end) for start, end in text.mentions(name)]
    return EntityGrounding(
        name=name,
        answered=name,
        status="exact" if mentions else "absent",
        differences=[],
        mentions=mentions,
    )


def test_there_is_a_row_for_each_place_where_the_chunk_names_an_entity() -> None:
    rows = entity_mentions(example(["brine shrimp", "flamingos"]))
    assert [(row.entity, row.name, row.mention) for row in rows] == [
        (0, "brine shrimp", "Brine shrimp"),
        (0, "brine shrimp", "brine  shrimp"),
        (1, "flamingos", "flamingos"),
        (1, "flamingos", "Flamingos"),
    ]
    assert all(CHUNK[row.start : row.end] == row.mention for row in rows)


def test_an_entity_that_the_chunk_does_not_name_has_a_row_without_a_place() -> None:
    (row,) = entity_mentions(example(["krill"]))
    assert row == EntityMention(
        paper_id="lake-1",
        chunk_id="lake-1#0000",
        entity=0,
        name="krill",
        type=None,
        status="absent",
        mention=None,
        start=None,
        end=None,
    )


def test_a_relation_has_a_row_for_each_source_and_target() -> None:
    relation = Relation(
        description="Flamingos eat shrimp and algae.",
        source_entities=["flamingos"],
        target_entities=["brine shrimp", "algae", "krill"],
        strength=None,
    )
    rows = relation_pairs(example([], relation))
    assert [(row.relation, row.source, row.target) for row in rows] == [
        (0, "flamingos", target) for target in relation.target_entities
    ]
    assert {row.strength for row in rows} == {None}
    assert [CHUNK[row.source_start : row.source_end] for row in rows] == ["Flamingos"] * 3
    assert [(row.target_start, row.target_end) for row in rows] == [
        (43, 56),  # in the sentence that states it, rather than at the beginning of the chunk
        (61, 66),
        (None, None),
    ]
    assert {(row.evidence_start, row.evidence_end) for row in rows} == {(29, len(CHUNK))}
    assert {(row.polarity, row.support, row.fault) for row in rows} == {("affirmed", 1.0, None)}


def test_a_name_that_the_evidence_lacks_stands_where_the_chunk_first_has_it() -> None:
    relation = Relation(
        description="They eat algae.",
        source_entities=["flamingos"],
        target_entities=["algae"],
        strength=None,
    )
    (row,) = relation_pairs(example([], relation, stated=FIRST))
    assert (row.target_start, row.target_end) == (61, 66)


def test_an_extraction_without_names_has_no_rows() -> None:
    assert entity_mentions(example([])) == []
    assert relation_pairs(example([])) == []
