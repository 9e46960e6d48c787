"""What the JSON schema allows, in the small subset of JSON schema that servers enforce."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from relgen_assets.extraction import (
    Quote,
    entities_schema,
    extraction_schema,
    judge,
    quote_schema,
    relations_schema,
)

CANDIDATES = ["sea otters", "sea urchins", "Na+ (aq)", "kelp"]


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from nodes(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from nodes(value)


@pytest.mark.parametrize(
    "schema",
    [
        extraction_schema(max_entities=12, max_relations=8),
        extraction_schema(max_entities=12, max_relations=8, candidates=CANDIDATES),
        entities_schema(max_entities=12),
        relations_schema(CANDIDATES, max_entities=12, max_relations=8),
    ],
)
def test_every_string_and_array_is_bounded(schema: dict[str, Any]) -> None:
    json.dumps(schema)
    for node in nodes(schema):
        if node.get("type") == "array":
            assert 0 <= node["minItems"] <= node["maxItems"] <= 12
        if node.get("type") == "string":
            assert "enum" in node or "pattern" in node or node["maxLength"] < 2_000
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])


def test_the_bounds_are_those_asked_for() -> None:
    properties = extraction_schema(max_entities=2, max_relations=5)["properties"]
    assert properties["list_of_entities"]["maxItems"] == 2
    assert properties["relations"]["maxItems"] == 5


@pytest.mark.parametrize(
    "schema",
    [
        extraction_schema(max_entities=2, max_relations=5),
        extraction_schema(max_entities=2, max_relations=5, candidates=CANDIDATES),
        quote_schema(
            [Quote("Otters eat kelp.", "Otters", "kelp")], max_entities=2, max_relations=5
        ),
        relations_schema(CANDIDATES, max_entities=2, max_relations=5),
    ],
)
def test_an_answer_may_say_nothing(schema: dict[str, Any]) -> None:
    """A model that always has to assert something makes it up."""
    properties = schema["properties"]
    assert properties["list_of_entities"]["minItems"] == 0
    assert properties["relations"]["minItems"] == 0


def test_with_quotes_only_the_choice_and_the_strength_are_free() -> None:
    one, other = Quote("Otters eat urchins.", "Otters", "urchins"), Quote("A eats B.", "A", "B")
    properties = quote_schema([one, other], max_entities=6, max_relations=3)["properties"]
    assert properties["section_description"]["enum"] == [one.sentence, other.sentence]
    assert properties["list_of_entities"]["items"]["enum"] == ["Otters", "urchins", "A", "B"]
    first, second = properties["relations"]["items"]["anyOf"]
    assert first["properties"]["description"]["enum"] == [one.sentence]
    assert first["properties"]["source_entities"]["items"]["enum"] == ["Otters"]
    assert second["properties"]["target_entities"]["items"]["enum"] == ["B"]


def test_the_second_pass_says_what_it_relates_before_it_chooses_among_the_given_names() -> None:
    properties = relations_schema(CANDIDATES, max_entities=6, max_relations=3)["properties"]
    assert properties["list_of_entities"]["items"]["enum"] == CANDIDATES
    relation = properties["relations"]["items"]["properties"]
    assert next(iter(relation)) == "description"
    for side in ("source_entities", "target_entities"):
        assert relation[side]["items"]["enum"] == CANDIDATES


def test_with_candidates_no_other_name_can_be_given_and_nothing_relates_to_itself() -> None:
    properties = extraction_schema(max_entities=6, max_relations=3, candidates=CANDIDATES)[
        "properties"
    ]
    assert properties["list_of_entities"]["items"]["enum"] == CANDIDATES
    sources: list[str] = []
    for alternative in properties["relations"]["items"]["anyOf"]:
        sides = alternative["properties"]
        (source,) = sides["source_entities"]["items"]["enum"]
        sources.append(source)
        assert sides["target_entities"]["items"]["enum"] == [n for n in CANDIDATES if n != source]
    assert sources == CANDIDATES


def test_with_candidates_a_description_is_a_sentence_about_the_source() -> None:
    schema = extraction_schema(max_entities=6, max_relations=3, candidates=CANDIDATES)
    first, _, third, _ = schema["properties"]["relations"]["items"]["anyOf"]
    sentence = re.compile(first["properties"]["description"]["pattern"])
    assert sentence.search("Sea otters hunt urchins at sea.")
    assert not sentence.search("Urchins are hunted by otters.")
    assert not sentence.search("Sea otters hunt urchins at sea")
    odd = re.compile(third["properties"]["description"]["pattern"])
    assert odd.search("Na+ (aq) enters the cell.")


@pytest.mark.parametrize("candidates", [["kelp"], ["kelp", "kelp"]])
def test_one_candidate_cannot_be_related_so_names_stay_free(candidates: list[str]) -> None:
    free = extraction_schema(max_entities=6, max_relations=3)
    assert extraction_schema(max_entities=6, max_relations=3, candidates=candidates) == free


def test_an_answer_in_the_order_of_the_candidate_schema_is_valid() -> None:
    answer = {
        "section_description": "Otters hunt urchins.",
        "list_of_entities": ["sea otters", "sea urchins"],
        "relations": [
            {
                "source_entities": ["sea otters"],
                "target_entities": ["sea urchins"],
                "description": "Sea otters hunt urchins.",
                "strength": "strong",
            }
        ],
    }
    assert judge(json.dumps(answer), "Here sea otters hunt sea urchins.").verdict == "valid"
