"""Flat rows: every offset gives the name, every entity and every pair of a relation is there."""

from __future__ import annotations

from relgen_assets.export.examples import FullExample
from relgen_assets.export.flat import EntityMention, entity_mentions, relation_pairs
from relgen_assets.rows.models import Relation
from relgen_assets_tests.relgen_assets.export.batch import batch_of

CHUNK = "Brine shrimp feed flamingos. Flamingos eat brine  shrimp and algae."


def example(names: list[str], *relations: Relation) -> FullExample:
    (one,) = batch_of("lake-1", chunks=1).examples()
    return one.model_copy(
        update={"chunk": CHUNK, "list_of_entities": names, "relations": [*relations]}
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
    assert [CHUNK[row.source_start : row.source_end] for row in rows] == ["flamingos"] * 3
    assert [(row.target_start, row.target_end) for row in rows] == [
        (43, 56),  # as it is spelled, rather than at the beginning, with a capital
        (61, 66),
        (None, None),
    ]


def test_an_extraction_without_names_has_no_rows() -> None:
    assert entity_mentions(example([])) == []
    assert relation_pairs(example([])) == []
