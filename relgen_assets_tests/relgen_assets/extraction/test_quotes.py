"""What a text offers to a model that can only choose: true statements in their direction."""

from __future__ import annotations

import json

import pytest

from relgen_assets.extraction import judge, quotes
from relgen_assets.text.candidates import candidate_terms
from relgen_assets_tests.projects import SENTENCES

TEXT = " ".join(SENTENCES)


def test_every_quote_alone_is_an_answer_that_the_judge_takes_as_it_is() -> None:
    found = quotes(TEXT, candidate_terms(TEXT, 100), 20)
    assert len(found) >= len(SENTENCES) / 2
    for one in found:
        answer = {
            "section_description": one.sentence,
            "list_of_entities": [one.source, one.target],
            "relations": [
                {
                    "description": one.sentence,
                    "source_entities": [one.source],
                    "target_entities": [one.target],
                    "strength": "strong",
                }
            ],
        }
        assert judge(json.dumps(answer), TEXT).verdict == "valid", one


def test_subject_and_object_are_quoted_and_the_passive_is_turned() -> None:
    terms = ["sea urchins", "Kelp forests"]
    (one,) = quotes("Kelp forests are slowly grazed by sea urchins.", terms, 5)
    assert (one.source, one.target) == ("sea urchins", "Kelp forests")


@pytest.mark.parametrize(
    "sentence",
    [
        "They contain dinoflagellate algae inside the gut cells.",  # points to another sentence
        "Reef corals contain @xmath3 algae inside their gut cells.",
        "and reef corals contain algae inside their gut cells.",
        "Reef corals and algae.",
        "Reef corals do not contain algae inside their gut cells.",
        "Reef corals contain algae inside " + "very " * 60 + "old gut cells.",
    ],
)
def test_what_cannot_stand_alone_is_no_quote(sentence: str) -> None:
    assert quotes(sentence, ["Reef corals", "reef corals", "algae", "gut cells"], 5) == []


def test_the_limit_keeps_the_most_important_terms_in_the_order_of_the_text() -> None:
    terms = candidate_terms(TEXT, 100)
    every, few = quotes(TEXT, terms, 100), quotes(TEXT, terms, 3)
    assert len(few) == 3
    assert [one for one in every if one in few] == few
