"""Types in the dataset: in every config, in the schema and prompts of students, and in the card."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from relgen_assets.export.answers import AnswerForm
from relgen_assets.export.card import write_card
from relgen_assets.export.examples import FullExample
from relgen_assets.export.flat import entity_mentions, relation_pairs
from relgen_assets.export.footers import facts_of
from relgen_assets.export.parts import shown_part
from relgen_assets.export.shaping import Shaping
from relgen_assets.export.shard_writing import write_shards
from relgen_assets.export.shards import derived_rows, find_shards, full_rows
from relgen_assets.integrity.invariants import verdicts_are_whole
from relgen_assets.integrity.lineage import (
    rows_that_differ_between_configs,
    rows_unlike_their_sources,
)
from relgen_assets.rows.arrow import from_table, to_table
from relgen_assets.rows.models import Extraction, Span, ValidatedExtraction
from relgen_assets.rows.type_scheme import NamedType, TypeScheme
from relgen_assets_tests.relgen_assets.export.batch import EXTRACTION, Batch, batch_of, shaping
from relgen_assets_tests.relgen_assets.export.test_parts import example as long_example

SCHEME = TypeScheme((NamedType("food", "What is eaten."), NamedType("bird")), (NamedType("feeds"),))
TYPED = EXTRACTION.model_copy(
    update={
        "entity_types": ["food", None],
        "relations": [one.model_copy(update={"type": "feeds"}) for one in EXTRACTION.relations],
    }
)
FORM = AnswerForm(scheme=SCHEME)


def rules() -> Shaping:
    return replace(shaping(), scheme=SCHEME)


def typed_batch(*paper_ids: str) -> Batch:
    batch = batch_of(*paper_ids)
    verdicts = [one.model_copy(update={"extraction": TYPED}) for one in batch.validated]
    return replace(batch, validated=verdicts)


def examples(*paper_ids: str) -> list[FullExample]:
    return typed_batch(*paper_ids).examples_under(rules())


def test_an_answer_has_each_type_beside_what_it_is_the_type_of() -> None:
    written = json.loads(FORM.write(TYPED))
    assert written["list_of_entities"] == [
        {"name": "brine shrimp", "type": "food"},
        {"name": "flamingos"},
    ]
    keys = [list(one) for one in written["relations"]]
    sides = ["description", "source_entities", "target_entities"]
    assert keys == [[*sides, "type", "strength"], [*sides, "type"]]
    Draft202012Validator.check_schema(FORM.schema())
    Draft202012Validator(FORM.schema()).validate(written)


@pytest.mark.parametrize(
    ("extraction", "scheme"),
    [
        (EXTRACTION, SCHEME),
        (TYPED, TypeScheme()),
        (TYPED, TypeScheme(SCHEME.entities)),
        (TYPED, TypeScheme(relations=SCHEME.relations)),
        (TYPED, TypeScheme(SCHEME.entities, (NamedType("eats"),))),
    ],
)
def test_the_schema_refuses_answers_of_other_types(
    extraction: Extraction, scheme: TypeScheme
) -> None:
    form = AnswerForm(scheme=scheme)
    assert not Draft202012Validator(form.schema()).is_valid(json.loads(form.write(extraction)))


def test_a_student_is_told_the_types() -> None:
    shown = rules().shown("Birds.", "Shrimp feed birds.").whole
    assert '"type", which is "food" or "bird"; "relations"' in shown
    assert (
        '"target_entities", "type", which is "feeds", and, where it is known, "strength"' in shown
    )
    with_schema = rules().shown("Birds.", "Shrimp feed birds.", "summary_given_schema").whole
    assert '"enum":["food","bird"]' in with_schema
    assert FORM.schema_text() in with_schema
    bare = AnswerForm(strength=False, scheme=SCHEME).in_words()
    assert bare.endswith('"target_entities" and "type", which is "feeds"')


def test_without_types_nothing_is_written_of_them() -> None:
    plain_form = AnswerForm()
    assert "type" not in plain_form.write(EXTRACTION) + plain_form.in_words()
    properties = plain_form.schema()["properties"]
    assert properties["list_of_entities"] == {"type": "array", "items": {"type": "string"}}
    assert "type" not in properties["relations"]["items"]["properties"]
    plain = batch_of("lake-1")
    assert "entity_types" not in plain.examples()[0].model_dump_json()
    assert "types" not in facts_of(plain.examples(), shaping()).model_dump_json()


@pytest.mark.parametrize("extraction", [EXTRACTION, TYPED])
def test_a_table_keeps_types_and_their_absence(extraction: Extraction) -> None:
    (row, *_) = batch_of("lake-1").changed("validated", 0, extraction=extraction).validated
    table = to_table([row], ValidatedExtraction)
    assert from_table(table, ValidatedExtraction) == [row]


def test_flat_rows_have_the_types() -> None:
    (example, *_) = examples("lake-1")
    assert [(one.name, one.type) for one in entity_mentions(example)] == [
        ("brine shrimp", "food"),
        ("flamingos", None),
    ]
    assert [one.type for one in relation_pairs(example)] == ["feeds", "feeds"]
    (plain, *_) = batch_of("lake-1").examples()
    assert {one.type for one in entity_mentions(plain)} == {None}
    assert {one.type for one in relation_pairs(plain)} == {None}


def test_a_part_has_the_types_of_its_own_entities() -> None:
    whole = long_example([(0, 1), (2, 3)])
    types = [f"kind {number}" for number in range(len(whole.list_of_entities))]
    typed = whole.model_copy(update={"entity_types": types})
    second = typed.evidence[1].sentences[0]
    part = whole.parts[0].model_copy(update={"start": second.start, "end": second.end})
    shown = shown_part(typed, part, rules())
    assert shown.list_of_entities == whole.list_of_entities[2:]
    assert shown.entity_types == types[2:]
    assert json.loads(shown.extraction)["list_of_entities"] == [
        {"name": name, "type": one}
        for name, one in zip(shown.list_of_entities, types[2:], strict=True)
    ]
    assert isinstance(second, Span)


def test_written_rows_match_their_sources_and_the_card_counts_their_types(tmp_path: Path) -> None:
    root, batch = str(tmp_path), typed_batch("lake-0", "lake-1")
    write_shards(root, "lakes-00000", batch.examples_under(rules()), shaping=rules())
    shards = find_shards(root)
    full = full_rows(shards)
    assert rows_that_differ_between_configs(full, derived_rows(shards), rules()) == []
    assert not rows_unlike_their_sources(
        full,
        chunks=batch.chunks,
        summaries=batch.summaries,
        raw=batch.raw,
        validated=batch.validated,
    )
    counted = [
        (shard.facts.entity_types, shard.facts.relation_types) for shard in shards if shard.facts
    ]
    assert counted == [({"food": 2}, {"feeds": 4})] * 2
    card = write_card(root, title="Life in brine", licence="cc-by-4.0").text
    lines = [line.replace(" ", "") for line in card.split("\n")]
    assert "### Types" in card
    assert {"|entity|`food`|4|50.0%|", "|entity|none|4|50.0%|", "|relation|`feeds`|8|100.0%|"} <= {
        *lines
    }


def test_the_card_of_a_dataset_without_types_says_nothing_of_them(tmp_path: Path) -> None:
    write_shards(str(tmp_path), "lakes-00000", batch_of("lake-0").examples(), shaping=shaping())
    card = write_card(str(tmp_path), title="Life in brine", licence="cc-by-4.0").text
    assert "### Types" not in card
    assert "learned.\n\n## Dataset creation" in card


def test_a_row_whose_types_are_not_those_of_its_verdict_is_named() -> None:
    batch = typed_batch("lake-1")
    plain = batch.changed(
        "validated", 0, extraction=TYPED.model_copy(update={"entity_types": None})
    )
    found = rows_unlike_their_sources(
        batch.examples_under(rules()),
        chunks=batch.chunks,
        summaries=batch.summaries,
        raw=batch.raw,
        validated=plain.validated,
    )
    assert found == ["lake-1#0000: its extraction is not that of its verdict"]


def test_a_verdict_with_types_for_other_entities_is_named() -> None:
    batch = typed_batch("lake-1")
    short = TYPED.model_copy(update={"entity_types": ["food"]})
    (found,) = verdicts_are_whole(batch.changed("validated", 1, extraction=short).validated)
    assert found == "lake-1#0001: 2 entities, but types for 1"
    assert verdicts_are_whole(batch.validated) == []
