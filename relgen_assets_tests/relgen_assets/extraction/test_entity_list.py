"""The list of the first of two passes: what is kept can be related and occurs in the text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction import grounded_names, occurs
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.policy import DEFAULT_POLICY, JudgingPolicy

TEXT = "CD4+CD25+ T cells suppress CD4+CD25- T cells. Sea otters eat sea urchins in kelp forests."


def names(answer: object, limit: int = 12, policy: JudgingPolicy = DEFAULT_POLICY) -> list[str]:
    return grounded_names(json.dumps(answer), TEXT, limit, policy)


def test_names_are_kept_as_the_text_spells_them_each_once() -> None:
    listed = ["Sea Otters", "sea otters", "kelp forests", "kelp forests"]
    assert names({"list_of_entities": listed}) == ["Sea otters", "kelp forests"]


def test_names_that_differ_by_a_sign_are_two() -> None:
    both = ["CD4+CD25+ T cells", "CD4+CD25- T cells"]
    assert names({"list_of_entities": both}) == both


def test_names_that_the_text_does_not_have_are_left_out() -> None:
    assert names({"list_of_entities": ["dopamine", "this section", "kelp forests"]}) == [
        "kelp forests"
    ]


def test_the_policy_of_the_project_decides_on_misspelled_names() -> None:
    text = "Kelp forests absorb phosphatidylserine."
    answer = '{"list_of_entities": ["phosphatidilserine", "kelp forests"]}'
    assert grounded_names(answer, text, 12, DEFAULT_POLICY) == ["Kelp forests"]
    fuzzy = grounded_names(answer, text, 12, JudgingPolicy(fuzzy_names=85))
    assert fuzzy == ["phosphatidylserine", "Kelp forests"]


def test_names_that_would_only_be_marked_are_no_names_to_choose_from() -> None:
    listed = {"list_of_entities": ["dopamine", "kelp forests"]}
    assert names(listed, policy=JudgingPolicy(absent_names="mark")) == ["kelp forests"]


def test_no_more_names_are_kept_than_asked_for() -> None:
    listed = ["Sea otters", "sea urchins", "kelp forests"]
    assert names({"list_of_entities": listed}, limit=2) == listed[:2]


@pytest.mark.parametrize("answer", [{"list_of_entities": []}, {}, [], "kelp forests", None, 3])
def test_an_answer_without_a_list_names_nothing(answer: object) -> None:
    assert names(answer) == []


def test_a_list_that_the_token_limit_cut_off_keeps_its_whole_names() -> None:
    cut = '{"list_of_entities": ["Sea otters", "sea urchins", "kelp for'
    assert grounded_names(cut, TEXT, 12, DEFAULT_POLICY)[:2] == ["Sea otters", "sea urchins"]


def test_a_name_that_would_break_the_grammar_of_the_second_request_is_left_out() -> None:
    text = 'The "Old" reef shelters kelp.'
    answer = json.dumps({"list_of_entities": ['"Old" reef', "kelp"]})
    assert grounded_names(answer, text, 12, DEFAULT_POLICY) == ["kelp"]


PIECES = st.sampled_from(
    ["Sea otters", "sea", "CD4+", '"', "\\", "[", "{", "}", ",", "kelp forests"]
)


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map("".join)))
def test_whatever_the_answer_every_name_occurs_in_the_text_once(answer: str) -> None:
    found = grounded_names(f'{{"list_of_entities": ["{answer}"]}}', TEXT, 12, DEFAULT_POLICY)
    assert len({identity(name) for name in found}) == len(found)
    assert all(occurs(name, TEXT) for name in found)
