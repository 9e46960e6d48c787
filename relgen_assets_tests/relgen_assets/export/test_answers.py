"""The JSON to be learned: valid under its schema in every form, with its keys in one order."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from relgen_assets.export.answers import ANSWER_FORMS, AnswerForm
from relgen_assets.rows.models import Extraction, Relation
from relgen_assets_tests.relgen_assets.export.batch import EXTRACTION

NAMES = st.lists(st.text(min_size=1), min_size=1, max_size=3)
RELATIONS = st.builds(
    Relation,
    description=st.text(),
    source_entities=NAMES,
    target_entities=NAMES,
    strength=st.sampled_from(["strong", "moderate", "weak", None]),
)
EXTRACTIONS = st.builds(
    Extraction,
    section_description=st.text(),
    list_of_entities=st.lists(st.text()),
    relations=st.lists(RELATIONS, max_size=3),
)


def without_strength(extraction: Extraction) -> Extraction:
    bare = [one.model_copy(update={"strength": None}) for one in extraction.relations]
    return extraction.model_copy(update={"relations": bare})


@given(EXTRACTIONS, st.sampled_from(ANSWER_FORMS))
def test_every_extraction_is_valid_under_the_schema_and_parses_back(
    extraction: Extraction, form: AnswerForm
) -> None:
    text = form.write(extraction)
    Draft202012Validator.check_schema(form.schema())
    Draft202012Validator(form.schema()).validate(json.loads(text))
    expected = extraction if form.strength else without_strength(extraction)
    assert Extraction.model_validate_json(text) == expected


@pytest.mark.parametrize(
    "answer",
    [
        "{}",
        "[]",
        '{"section_description": "", "list_of_entities": [], "relations": [], "more": 1}',
        '{"section_description": "", "list_of_entities": [1], "relations": []}',
        '{"section_description": "", "list_of_entities": [], "relations": [{"description": ""}]}',
    ],
)
def test_the_schema_refuses_what_is_no_extraction(answer: str) -> None:
    for form in ANSWER_FORMS:
        assert not Draft202012Validator(form.schema()).is_valid(json.loads(answer))


def test_a_schema_without_strength_refuses_it() -> None:
    told = json.loads(AnswerForm().write(EXTRACTION))
    assert not Draft202012Validator(AnswerForm(strength=False).schema()).is_valid(told)


def test_keys_stand_in_one_order_and_text_stays_readable() -> None:
    for form in ANSWER_FORMS:
        told = json.loads(form.write(EXTRACTION))
        assert [*told] == ["section_description", "list_of_entities", "relations"]
        keys = ["description", "source_entities", "target_entities"]
        assert [*told["relations"][0]] == keys + ["strength"] * form.strength
        assert [*told["relations"][1]] == keys, "an unknown strength is left out"
        assert "“carotenoids”" in form.write(EXTRACTION)


def test_a_compact_answer_is_one_line_and_an_indented_one_is_not() -> None:
    assert "\n" not in AnswerForm().write(EXTRACTION)
    assert AnswerForm(indented=True).write(EXTRACTION).startswith('{\n  "section_description"')


def test_the_keys_in_words_are_those_that_are_written() -> None:
    for form in ANSWER_FORMS:
        told = json.loads(form.write(EXTRACTION))
        named = {*told, *told["relations"][0]}
        assert {key for key in [*named, "strength"] if f'"{key}"' in form.in_words()} == named
