"""What a project may choose about what a text does not say, and what holds whatever it does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relgen_assets.extraction import Judgement, judge, occurs
from relgen_assets.extraction.evidence import Fault
from relgen_assets.extraction.grounding import Occurrence
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.policy import JudgingPolicy

TEXT = (
    "Aspirin inhibits COX-1 and COX-2. Naproxen inhibits COX-1.\n"
    "The transformer uses  sparse attention, which lowers the memory cost. Otters hunt urchins, "
    "and CD4+CD25+ T cells were not found in the lakes."
)
POLICIES = st.builds(
    JudgingPolicy,
    absent_names=st.sampled_from(["drop", "reject", "mark"]),
    unsupported_relations=st.sampled_from(["drop", "mark"]),
    fuzzy_names=st.none() | st.integers(0, 100),
    merge_relations=st.booleans(),
)


def answer(entities: list[str], *relations: tuple[str, list[str], list[str]]) -> str:
    return json.dumps(
        {
            "section_description": "The text is about it.",
            "list_of_entities": entities,
            "relations": [
                {"description": said, "source_entities": sources, "target_entities": targets}
                for said, sources, targets in relations
            ],
        }
    )


INHIBITS = ("Aspirin inhibits COX-1.", ["Aspirin"], ["COX-1"])
MADE_UP = ("Otters inhibit COX-2.", ["Otters"], ["COX-2"])
WITH_UNICORNS = answer(["Aspirin", "COX-1", "unicorns"], INHIBITS)


def judged(said: str, text: str = TEXT, **policy: Any) -> Judgement:
    return judge(said, text, policy=JudgingPolicy(**policy))


def entities(judgement: Judgement) -> list[str]:
    assert judgement.extraction is not None, judgement.reason
    return judgement.extraction.list_of_entities


def test_an_absent_name_is_dropped_unless_it_is_to_be_something_else() -> None:
    dropped = judged(WITH_UNICORNS)
    assert entities(dropped) == ["Aspirin", "COX-1"]
    assert dropped.repairs == ("ungrounded_entity_dropped",)


def test_an_absent_name_rejects_its_answer_where_that_is_wanted() -> None:
    rejected = judged(WITH_UNICORNS, absent_names="reject")
    assert (rejected.verdict, rejected.reason) == ("rejected", "absent_names")
    side = answer(["Aspirin", "COX-1"], INHIBITS, ("Aspirin helps.", ["Aspirin"], ["unicorns"]))
    assert judged(side, absent_names="reject").reason == "absent_names"
    assert judged(side, absent_names="reject").extraction is None


def test_what_cannot_name_anything_is_dropped_under_every_policy() -> None:
    said = answer(["Aspirin", "COX-1", "this method", "@xmath0"], INHIBITS)
    for choice in ("drop", "reject", "mark"):
        kept = judged(said, absent_names=choice)
        assert entities(kept) == ["Aspirin", "COX-1"]
        assert kept.repairs == ("unusable_entity_dropped",)


def test_a_marked_name_stays_in_the_list_and_is_no_repair() -> None:
    marked = judged(WITH_UNICORNS, absent_names="mark")
    assert marked.verdict == "valid"
    assert entities(marked) == ["Aspirin", "COX-1", "unicorns"]
    assert [name.occurrence for name in marked.names] == ["exact", "exact", "absent"]
    assert marked.names[-1].mentions == ()


def test_an_answer_of_absent_names_alone_is_rejected_even_if_they_are_to_be_marked() -> None:
    said = answer(["unicorns", "dragons"], ("Unicorns hunt dragons.", ["unicorns"], ["dragons"]))
    marked = judged(said, absent_names="mark", unsupported_relations="mark")
    assert marked.reason == "no_grounded_entities"


def test_an_unsupported_relation_is_dropped_or_kept_with_its_fault() -> None:
    said = answer(["Aspirin", "COX-1", "COX-2", "Otters"], INHIBITS, MADE_UP)
    dropped = judged(said)
    assert dropped.extraction is not None
    assert len(dropped.extraction.relations) == 1
    marked = judged(said, unsupported_relations="mark")
    assert marked.extraction is not None
    assert marked.verdict == "valid"
    assert [relation.target_entities for relation in marked.extraction.relations] == [
        ["COX-1"],
        ["COX-2"],
    ]
    assert [finding.fault for finding in marked.evidence] == [None, Fault.NOT_TOGETHER]


def test_of_two_drafts_the_one_with_more_supported_relations_counts_not_the_longer_one() -> None:
    first = answer(["Aspirin", "COX-1"], INHIBITS)
    second = answer(
        ["Otters", "COX-2", "Aspirin"], MADE_UP, ("Otters cure.", ["Otters"], ["Aspirin"])
    )
    taken = judged(f"{first}\n{second}", unsupported_relations="mark")
    assert entities(taken) == ["Aspirin", "COX-1"]


def test_relations_of_one_source_are_merged_where_one_place_states_them() -> None:
    said = answer(
        ["Aspirin", "COX-1", "COX-2"],
        ("inhibits", ["Aspirin"], ["COX-1"]),
        ("Inhibits", ["aspirin"], ["COX-2"]),
    )
    apart = judged(said)
    assert apart.extraction is not None
    assert len(apart.extraction.relations) == 2
    merged = judged(said, merge_relations=True)
    assert merged.extraction is not None
    (relation,) = merged.extraction.relations
    assert relation.target_entities == ["COX-1", "COX-2"]
    assert "relations_merged" in merged.repairs
    (finding,) = merged.evidence
    assert [TEXT[start:end] for start, end in finding.evidence] == [
        "Aspirin inhibits COX-1 and COX-2."
    ]


@pytest.mark.parametrize("second", ["COX-2", "5-LOX"])
def test_relations_that_no_one_place_states_together_stay_apart(second: str) -> None:
    text = (
        "Aspirin inhibits COX-1. It was cheap. Some say aspirin inhibits 5-LOX, and naproxen COX-2."
    )
    said = answer(
        ["Aspirin", "COX-1", "5-LOX"],
        ("inhibits", ["Aspirin"], ["COX-1"]),
        ("inhibits", ["Aspirin"], ["5-LOX"]),
    )
    kept = judged(said, text, merge_relations=True)
    assert kept.extraction is not None
    assert len(kept.extraction.relations) == 2


def test_a_misspelled_name_is_the_one_of_the_text_also_in_the_description() -> None:
    said = answer(
        ["the transfomer", "sparse attention"],
        ("The transfomer uses sparse attention.", ["transfomer"], ["sparse attention"]),
    )
    assert judged(said).reason == "no_relations"
    kept = judged(said, fuzzy_names=90)
    assert entities(kept) == ["transformer", "sparse attention"]
    assert kept.extraction is not None
    assert kept.extraction.relations[0].description == "The transformer uses sparse attention."
    (name, _) = kept.names
    assert (name.occurrence, name.answered) == (Occurrence.FUZZY, "the transfomer")
    assert name.similarity is not None
    assert 90 <= name.similarity < 100
    assert judged(said, fuzzy_names=100).reason == "no_relations"
    assert judged(said, fuzzy_names=90, absent_names="reject").verdict == "repaired"


NAMES = st.sampled_from(
    ["Aspirin", "aspirin", "COX-1", "COX-2", "the transformer", "transfomer", "Sparse-Attention",
     "sparse attentoin", "CD4+CD25+ T cells", "CD4+CD25- T cells", "unicorns", "a unicorn",
     "Otters and urchins", "Otter", "lakes", "this method", "the 'unicorn", "\ud800unicorn", ""]
) | st.text(max_size=6)  # fmt: skip
DESCRIPTIONS = st.sampled_from(
    ["inhibits", "Inhibits", "Aspirin inhibits COX-1 and COX-2.", "Naproxen inhibits COX-1.",
     "The transfomer uses sparse attention.", "Otters hunt urchins.", "Otters hunt aspirin.",
     "CD4+CD25+ T cells were found in the lakes.", "unicorns", ""]
)  # fmt: skip
SIDES = st.lists(NAMES, max_size=3)
ANSWERS = st.builds(
    lambda names, relations: answer(names, *relations),
    st.lists(NAMES, max_size=5),
    st.lists(st.tuples(DESCRIPTIONS, SIDES, SIDES), max_size=5),
)


@settings(deadline=None, max_examples=200)
@given(ANSWERS, POLICIES)
def test_what_any_policy_accepts_is_sound_and_stays_as_it_is(
    said: str, policy: JudgingPolicy
) -> None:
    first = judge(said, TEXT, policy=policy)
    if first.extraction is None:
        return
    assert_sound(first, policy)
    again = judge(json.dumps(first.extraction.model_dump()), TEXT, policy=policy)
    assert (again.verdict, again.extraction) == ("valid", first.extraction)
    assert [finding.fault for finding in again.evidence] == [
        finding.fault for finding in first.evidence
    ]


def assert_sound(judgement: Judgement, policy: JudgingPolicy) -> None:
    """Check what holds of an accepted extraction under a policy."""
    extraction = judgement.extraction
    assert extraction is not None
    assert [name.name for name in judgement.names] == extraction.list_of_entities
    assert len({identity(name) for name in extraction.list_of_entities}) == len(judgement.names)
    assert len(judgement.evidence) == len(extraction.relations)
    for name in judgement.names:
        is_absent = name.occurrence is Occurrence.ABSENT
        assert not is_absent or policy.absent_names == "mark"
        assert occurs(name.name, TEXT) != is_absent
        assert is_absent != bool(name.mentions)
        assert {identity(TEXT[slice(*span)]) for span in name.mentions} <= {identity(name.name)}
        assert (name.occurrence is Occurrence.NORMALISED) == bool(name.differences)
        assert name.occurrence is not Occurrence.FUZZY or policy.fuzzy_names is not None
        assert json.dumps(name.name).encode("utf-8", "strict")
        name.name.encode()
    for relation, finding in zip(extraction.relations, judgement.evidence, strict=True):
        sides = (
            {*map(identity, relation.source_entities)},
            {*map(identity, relation.target_entities)},
        )
        assert all(sides)
        assert not sides[0] & sides[1]
        named = {*relation.source_entities, *relation.target_entities}
        assert named <= set(extraction.list_of_entities)
        assert finding.fault is None or policy.unsupported_relations == "mark"
        assert finding.fault is not None or finding.evidence


@settings(deadline=None)
@given(st.permutations(["Aspirin", "COX-1", "COX-2", "sparse attention", "Otters", "unicorns"]))
def test_the_order_of_the_list_changes_no_name_and_no_relation(order: list[str]) -> None:
    kept = judged(answer(order, INHIBITS), absent_names="mark")
    assert entities(kept) == order
    assert kept.extraction is not None
    assert kept.extraction.relations[0].source_entities == ["Aspirin"]
    by_name = {name.name: name.mentions for name in kept.names}
    assert by_name["COX-1"] == tuple(
        (at, at + 5) for at in range(len(TEXT)) if TEXT.startswith("COX-1", at)
    )


@settings(deadline=None)
@given(st.permutations(["Otters", "otter", "OTTERS", "COX-1", "cox-1", "Aspirin"]))
def test_spellings_of_one_name_are_one_entity_in_whatever_order_they_come(order: list[str]) -> None:
    kept = judged(answer(order, INHIBITS))
    assert sorted(entities(kept)) == ["Aspirin", "COX-1", "Otters"]
