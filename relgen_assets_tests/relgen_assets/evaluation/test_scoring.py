"""The arithmetic of scores, against cases that were counted by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from relgen_assets.evaluation.gold import GoldPair, GoldText
from relgen_assets.evaluation.scores import by_origin, scores_of
from relgen_assets.evaluation.scoring import Matches, compare, is_valid_json, pairs_of, score
from relgen_assets.extraction import judge
from relgen_assets.rows.models import Relation

TEXT = "The tagger feeds the parser. The parsers feed a ranker and the clusterer."
GOLD = GoldText(
    gold_id="one",
    document="d",
    origin="o",
    text=TEXT,
    names=("tagger", "parser", "ranker", "clusterer"),
    pairs=(
        GoldPair("tagger", "parser"),
        GoldPair("parser", "ranker"),
        GoldPair("ranker", "clusterer", mutual=True),
    ),
)


def relation(sources: list[str], targets: list[str], description: str = "x") -> Relation:
    return Relation(
        description=description, source_entities=sources, target_entities=targets, strength=None
    )


def answer(names: list[str], *relations: Relation) -> str:
    body: dict[str, Any] = {
        "section_description": "The section says which part feeds which.",
        "list_of_entities": names,
        "relations": [one.model_dump(exclude_none=True) for one in relations],
    }
    return json.dumps(body)


def test_n_sources_and_m_targets_are_n_times_m_pairs() -> None:
    assert pairs_of([relation(["a one", "b two"], ["c three", "a one"])]) == {
        ("aone", "cthree"),
        ("btwo", "cthree"),
        ("btwo", "aone"),
    }


def test_names_count_by_letters_and_by_identity() -> None:
    # "Parsers" is the parser in another spelling; "tree" is no gold; the ranker is missing.
    found = compare(["tagger", "Parsers", "tree"], [], GOLD)
    assert found.exact == Matches(right=1, answered=3, gold=4)
    assert found.names == Matches(right=2, answered=3, gold=4)


def test_a_name_in_two_spellings_counts_once_by_identity() -> None:
    assert compare(["parser", "Parsers"], [], GOLD).names == Matches(1, 1, 4)


def test_pairs_count_by_direction_unless_gold_has_them_both_ways() -> None:
    relations = [
        relation(["parser"], ["tagger"]),  # reversed
        relation(["parser"], ["ranker", "clusterer"]),  # one right, one not gold
        relation(["clusterer"], ["ranker"]),  # right: gold has it both ways
        relation(["ranker"], ["clusterer"]),  # the same once more
    ]
    found = compare([], relations, GOLD)
    assert found.pairs == Matches(right=2, answered=4, gold=3)
    assert found.undirected == Matches(right=3, answered=4, gold=3)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (answer(["tagger"], relation(["tagger"], ["parser"])), True),
        (f"Here it is: {answer(['tagger'])}", False),
        ('{"list_of_entities": [], "relations": []}', False),
        ('{"section_description": 1, "list_of_entities": [], "relations": []}', False),
        ("[]", False),
        ("", False),
        ("[" * 100_000, False),
    ],
)
def test_json_is_valid_only_as_a_whole_and_in_its_shape(text: str, valid: bool) -> None:
    assert is_valid_json(text) is valid


def scored(text: str | None, gold: GoldText = GOLD) -> Any:
    return score(gold, text, judge(text, gold.text) if text is not None else None)


def test_what_is_made_up_is_answered_but_neither_grounded_nor_kept() -> None:
    one = scored(
        answer(
            ["tagger", "parser", "gizmo"],
            relation(["tagger"], ["parser"], "The tagger feeds the parser."),
            relation(["gizmo"], ["parser"], "The gizmo feeds the parser."),
        )
    )
    assert (one.names, one.grounded) == (3, 2)
    assert (one.relations, one.supported) == (2, 1)
    assert one.answered.names == Matches(2, 3, 4)
    assert one.kept.names == Matches(2, 2, 4)
    assert one.answered.pairs == Matches(1, 2, 3)
    assert one.kept.pairs == Matches(1, 1, 3)


def test_scores_are_micro_averages_and_a_missing_answer_costs_recall() -> None:
    good = scored(
        answer(
            ["tagger", "parser"], relation(["tagger"], ["parser"], "The tagger feeds the parser.")
        )
    )
    found = scores_of([good, scored("I cannot do that."), scored(None)])
    values = {name: one.value for name, one in found.scores.items()}
    assert found.texts == 3
    assert values["answered"] == pytest.approx(2 / 3)
    assert values["valid_json"] == pytest.approx(1 / 3)
    assert values["usable"] == pytest.approx(1 / 3)
    assert values["names_precision"] == 1
    assert values["names_recall"] == pytest.approx(2 / 12)
    assert values["names_f1"] == pytest.approx(2 * 2 / (2 + 12))
    assert values["pairs_precision"] == 1
    assert values["pairs_recall"] == pytest.approx(1 / 9)
    assert values["pairs_f1"] == pytest.approx(2 * 1 / (1 + 9))


def test_nothing_answered_has_no_precision_and_no_f1_but_zero() -> None:
    values = scores_of([scored(None)]).scores
    assert values["names_precision"].value is None
    assert values["names_recall"].value == 0
    assert values["names_f1"].value == 0


def test_sources_are_told_apart_only_where_there_are_two() -> None:
    text = answer(["tagger"])
    assert by_origin([scored(text)]) == {}
    other = GoldText("two", "e", "p", TEXT, ("tagger",), ())
    found = by_origin([scored(text), scored(text, other)])
    assert {origin: one.scores["answered_names_recall"].value for origin, one in found.items()} == {
        "o": 0.25,
        "p": 1,
    }
