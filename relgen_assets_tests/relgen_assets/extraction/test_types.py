"""Types of entities and relations: what the rules make of those that an answer gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction import Judgement, judge
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.second_opinion import relation_key, with_opinions
from relgen_assets.rows.answers import as_written
from relgen_assets_tests.relgen_assets.extraction.sound import assert_sound

TEXT = "Aspirin inhibits COX-1. Naproxen inhibits COX-2. Aspirin contains salicylate."
TYPED = JudgingPolicy(entity_types=("drug", "enzyme"), relation_types=("inhibits", "part_of"))


def entity(name: str, type_: str | None = None) -> dict[str, Any]:
    return {"name": name, "type": type_} if type_ else {"name": name}


def relation(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {
        "description": f"{source} inhibits {target}.",
        "source_entities": [source],
        "target_entities": [target],
        **more,
    }


def answer(entities: Any, *relations: dict[str, Any]) -> str:
    return json.dumps(
        {
            "section_description": "The text is about drugs.",
            "list_of_entities": entities,
            "relations": relations,
        }
    )


GOOD = answer(
    [entity("Aspirin", "drug"), entity("COX-1", "enzyme")],
    relation("Aspirin", "COX-1", type="inhibits"),
)


def types(judgement: Judgement) -> dict[str, str | None]:
    """Return the entities that are kept, with their types."""
    kept = judgement.extraction
    assert kept is not None, judgement.reason
    assert kept.entity_types is not None
    return dict(zip(kept.list_of_entities, kept.entity_types, strict=True))


def relation_types(judgement: Judgement) -> list[str | None]:
    assert judgement.extraction is not None, judgement.reason
    return [one.type for one in judgement.extraction.relations]


def test_an_answer_with_known_types_is_valid_and_keeps_them() -> None:
    judged = judge(GOOD, TEXT, policy=TYPED)
    assert (judged.verdict, judged.repairs) == ("valid", ())
    assert types(judged) == {"Aspirin": "drug", "COX-1": "enzyme"}
    assert relation_types(judged) == ["inhibits"]


def test_a_type_spelled_otherwise_is_the_one_of_the_project() -> None:
    said = answer(
        [entity("Aspirin", "DRUG"), entity("COX-1", "Enzyme ")],
        relation("Aspirin", "COX-1", type="Part-of"),
    )
    judged = judge(said, TEXT, policy=TYPED)
    assert judged.repairs == ("type_respelled",)
    assert types(judged) == {"Aspirin": "drug", "COX-1": "enzyme"}
    assert relation_types(judged) == ["part_of"]


@pytest.mark.parametrize(
    "second", [entity("COX-1"), entity("COX-1", "planet"), {"name": "COX-1", "type": 7}, "COX-1"]
)
def test_an_entity_without_a_known_type_is_kept_without_one(second: Any) -> None:
    said = answer(
        [entity("Aspirin", "drug"), second], relation("Aspirin", "COX-1", type="inhibits")
    )
    judged = judge(said, TEXT, policy=TYPED)
    assert types(judged) == {"Aspirin": "drug", "COX-1": None}
    assert judged.repairs == ("entity_untyped",)


@pytest.mark.parametrize("more", [{}, {"type": "orbits"}, {"type": None}, {"type": ["inhibits"]}])
def test_a_relation_without_a_known_type_is_dropped_and_costs_no_other(
    more: dict[str, Any],
) -> None:
    names = [entity(name, "drug") for name in ("Aspirin", "COX-1", "Naproxen", "COX-2")]
    bad = relation("Naproxen", "COX-2", **more)
    judged = judge(
        answer(names, relation("Aspirin", "COX-1", type="inhibits"), bad), TEXT, policy=TYPED
    )
    assert judged.repairs == ("untyped_relation_dropped",)
    assert relation_types(judged) == ["inhibits"]
    assert len(types(judged)) == 4
    assert judge(answer(names, bad), TEXT, policy=TYPED).reason == "no_relations"


def test_an_entity_that_only_a_relation_names_has_no_type() -> None:
    said = answer([entity("Aspirin", "drug")], relation("Aspirin", "COX-1", type="inhibits"))
    judged = judge(said, TEXT, policy=TYPED)
    assert types(judged) == {"Aspirin": "drug", "COX-1": None}
    assert judged.repairs == ("entity_added", "entity_untyped")


def test_names_that_are_left_out_take_their_types_with_them() -> None:
    said = answer(
        [
            entity("unicorns", "drug"),
            entity("COX-1", "enzyme"),
            entity("aspirin", "drug"),
            entity("Aspirin", "enzyme"),
        ],
        relation("Aspirin", "COX-1", type="inhibits"),
    )
    assert types(judge(said, TEXT, policy=TYPED)) == {"COX-1": "enzyme", "Aspirin": "drug"}


def test_an_object_that_maps_names_to_types_is_read_as_such() -> None:
    said = answer(
        {"Aspirin": "drug", "COX-1": "enzyme"}, relation("Aspirin", "COX-1", type="inhibits")
    )
    judged = judge(said, TEXT, policy=TYPED)
    assert types(judged) == {"Aspirin": "drug", "COX-1": "enzyme"}
    assert judged.repairs == ("value_coerced",)


def test_types_may_be_of_entities_alone_or_of_relations_alone() -> None:
    of_entities = JudgingPolicy(entity_types=TYPED.entity_types)
    judged = judge(answer([entity("Aspirin", "drug"), entity("COX-1", "enzyme")],
                          relation("Aspirin", "COX-1")), TEXT, policy=of_entities)  # fmt: skip
    assert (judged.verdict, relation_types(judged)) == ("valid", [None])
    of_relations = JudgingPolicy(relation_types=TYPED.relation_types)
    said = answer(["Aspirin", "COX-1"], relation("Aspirin", "COX-1", type="inhibits"))
    judged = judge(said, TEXT, policy=of_relations)
    assert judged.extraction is not None
    assert (judged.verdict, judged.extraction.entity_types) == ("valid", None)
    assert relation_types(judged) == ["inhibits"]


def test_without_types_nothing_is_read_as_one() -> None:
    judged = judge(GOOD, TEXT)
    assert judged.extraction is not None
    assert judged.extraction.entity_types is None
    assert relation_types(judged) == [None]
    assert set(judged.repairs) == {"value_coerced", "unknown_key_dropped"}
    assert "type" not in judged.extraction.model_dump_json()


def test_relations_of_different_types_are_not_merged() -> None:
    text = "Aspirin inhibits COX-1 and COX-2."
    merging = JudgingPolicy(relation_types=("inhibits", "binds"), merge_relations=True)
    said = "Aspirin inhibits COX-1 and COX-2."

    def one(target: str, type_: str) -> dict[str, Any]:
        return {**relation("Aspirin", target, type=type_), "description": said}

    names = ["Aspirin", "COX-1", "COX-2"]
    apart = answer(names, one("COX-1", "inhibits"), one("COX-2", "binds"))
    assert relation_types(judge(apart, text, policy=merging)) == ["inhibits", "binds"]
    alike = answer(names, one("COX-1", "inhibits"), one("COX-2", "inhibits"))
    assert relation_types(judge(alike, text, policy=merging)) == ["inhibits"]


def test_a_denied_relation_leaves_the_types_of_the_others() -> None:
    names = [entity(name, "drug") for name in ("Aspirin", "COX-1", "Naproxen", "COX-2")]
    judged = judge(
        answer(
            names,
            relation("Aspirin", "COX-1", type="inhibits"),
            relation("Naproxen", "COX-2", type="part_of"),
        ),
        TEXT,
        policy=TYPED,
    )
    assert judged.extraction is not None
    denied = [relation_key(judged.extraction.relations[0])]
    left = with_opinions(judged, denied, TYPED)
    assert relation_types(left) == ["part_of"]
    assert len(types(left)) == 4


NAMES = st.sampled_from(["Aspirin", "COX-1", "Naproxen", "COX-2", "salicylate", "krill"])
GIVEN = st.sampled_from(["drug", "Enzyme", "planet", "part of", "inhibits", "", None, 3])
ENTITIES = st.lists(
    NAMES | st.builds(lambda name, given: {"name": name, "type": given}, NAMES, GIVEN), max_size=6
)
RELATIONS = st.lists(
    st.builds(lambda one, other, given: relation(one, other, type=given), NAMES, NAMES, GIVEN),
    max_size=4,
)
POLICIES = st.builds(
    JudgingPolicy,
    entity_types=st.sampled_from([(), TYPED.entity_types]),
    relation_types=st.sampled_from([(), TYPED.relation_types]),
)


@given(ENTITIES, RELATIONS, POLICIES)
def test_what_is_kept_has_known_types_only_and_is_kept_again(
    entities: Any, relations: list[dict[str, Any]], policy: JudgingPolicy
) -> None:
    judged = judge(answer(entities, *relations), TEXT, policy=policy)
    kept = judged.extraction
    if kept is None:
        return
    assert (kept.entity_types is None) == (not policy.entity_types)
    assert {one for one in kept.entity_types or () if one} <= set(policy.entity_types)
    assert {one.type for one in kept.relations} <= set(policy.relation_types or (None,))
    if None not in (kept.entity_types or ()):
        assert_sound(judged, TEXT, policy=policy)
    written = as_written(kept).model_dump_json(exclude_none=True)
    assert judge(written, TEXT, policy=policy).extraction == kept
