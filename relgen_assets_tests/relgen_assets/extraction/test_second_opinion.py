"""The second opinion: what is asked about an answer, how a reply is read, and what follows."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction import Judgement, judge
from relgen_assets.extraction.evidence import Fault
from relgen_assets.extraction.policy import DEFAULT_POLICY, JudgingPolicy
from relgen_assets.extraction.second_opinion import (
    Claim,
    claims,
    read_opinion,
    relation_key,
    with_opinions,
)
from relgen_assets.rows.models import Relation

TEXT = (
    "Along this coast kelp forests shelter juvenile fish of many kinds.\n"
    "In the bay sea otters hunt sea urchins through most of the year.\n"
    "Iron was not found in the lakes."
)
PASSAGE = "Sea otters hunt sea urchins in the bay."


def relation(description: str, source: str, target: str) -> dict[str, object]:
    return {
        "description": description,
        "source_entities": [source],
        "target_entities": [target],
        "strength": "strong",
    }


def judged(*relations: dict[str, object]) -> Judgement:
    answer = {
        "section_description": "Otters and kelp.",
        "list_of_entities": ["sea otters", "sea urchins", "kelp forests"],
        "relations": relations,
    }
    return judge(json.dumps(answer), TEXT)


HUNT = relation("Sea otters hunt sea urchins.", "Sea otters", "sea urchins")
SHELTER = relation("Kelp forests shelter juvenile fish.", "Kelp forests", "juvenile fish")
UNSTATED = relation("Kelp forests dislike sea urchins.", "Kelp forests", "sea urchins")


def test_what_the_rules_keep_is_asked_about_beside_its_evidence_and_nothing_else() -> None:
    asked = claims(judged(HUNT, UNSTATED, SHELTER), TEXT)
    assert [(one.statement, one.passage) for one in asked] == [
        (HUNT["description"], TEXT.splitlines()[1]),
        (SHELTER["description"], TEXT.splitlines()[0]),
    ]
    assert claims(judged(UNSTATED), TEXT) == claims(judge("no JSON", TEXT), TEXT) == []


def test_evidence_that_points_back_is_shown_after_the_sentence_it_points_to() -> None:
    text = "Sea otters live along this coast.\nThese sea otters protect the kelp forests."
    answer = {
        "section_description": "Otters and kelp.",
        "list_of_entities": ["sea otters"],
        "relations": [
            relation("Sea otters protect the kelp forests.", "sea otters", "kelp forests")
        ],
    }
    (claim,) = claims(judge(json.dumps(answer), text), text)
    assert claim.passage == " ".join(text.split())


def test_a_bare_predicate_is_asked_about_between_its_sides() -> None:
    bare = Relation(
        description="hunt",
        source_entities=["sea otters", "orcas"],
        target_entities=["sea urchins"],
        strength=None,
    )
    assert Claim(bare, PASSAGE).statement == "sea otters, orcas hunt sea urchins"


@pytest.mark.parametrize(
    ("reply", "stance"),
    [
        ('{"quote": "Sea otters hunt sea urchins", "stated": "yes"}', "stated"),
        ('{"quote": "sea otters  hunt SEA urchins.", "stated": "yes"}', "stated"),
        ('{"quote": "Sea otters hunt sea urchins", "stated": "no"}', "denied"),
        ('{"quote": "", "stated": "no"}', "denied"),
        ('Sure! ```json\n{"quote": "in the bay", "stated": "yes"}\n```', "stated"),
        ('{"quote": "Whales sing in the deep blue ocean.", "stated": "yes"}', "none"),
        ('{"quote": "", "stated": "yes"}', "none"),
        ('{"quote": "in the bay", "stated": "perhaps"}', "none"),
        ('{"stated": "yes"}', "none"),
        ("yes", "none"),
        ("", "none"),
    ],
)
def test_a_reply_is_yes_with_words_of_the_passage_or_no_or_unusable(
    reply: str, stance: str
) -> None:
    assert read_opinion(reply, PASSAGE)[0] == stance


@given(st.text(max_size=200), st.text(max_size=50))
def test_any_reply_can_be_read(reply: str, passage: str) -> None:
    assert read_opinion(reply, passage)[0] in {"stated", "denied", "none"}


def deny(
    judgement: Judgement, numbers: Sequence[int], policy: JudgingPolicy = DEFAULT_POLICY
) -> Judgement:
    assert judgement.extraction is not None
    relations = judgement.extraction.relations
    denied = {relation_key(relations[number]) for number in numbers}
    return with_opinions(judgement, denied, policy)


def test_a_denied_relation_is_dropped_with_its_evidence_and_a_code() -> None:
    before = judged(HUNT, SHELTER)
    after = deny(before, [0])
    assert before.extraction is not None and after.extraction is not None
    assert after.extraction.relations == before.extraction.relations[1:]
    assert after.evidence == before.evidence[1:]
    assert (after.verdict, after.repairs[-1]) == ("repaired", "denied_relation_dropped")
    assert after.extraction.list_of_entities == before.extraction.list_of_entities


def test_an_answer_whose_relations_are_all_denied_is_rejected() -> None:
    after = deny(judged(HUNT, SHELTER), [0, 1])
    assert (after.verdict, after.reason, after.extraction) == ("rejected", "denied", None)


def test_where_unsupported_relations_are_marked_so_are_denied_ones() -> None:
    before = judged(HUNT, SHELTER)
    after = deny(before, [0, 1], JudgingPolicy(unsupported_relations="mark"))
    assert after.extraction == before.extraction
    assert [one.fault for one in after.evidence] == [Fault.DENIED, Fault.DENIED]
    assert [one.evidence for one in after.evidence] == [one.evidence for one in before.evidence]


def test_an_opinion_on_another_relation_changes_nothing() -> None:
    before = judged(HUNT)
    assert with_opinions(before, {relation_key(Relation(**SHELTER))}, DEFAULT_POLICY) == before
    nothing = judged()
    assert with_opinions(nothing, {relation_key(Relation(**HUNT))}, DEFAULT_POLICY) == nothing
