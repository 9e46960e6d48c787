"""The forms in which models give an answer, and what is read from each."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from relgen_assets.extraction import judge
from relgen_assets.extraction.salvage import MAX_CHARACTERS, salvage

TEXT = (
    "In this study a transformer with sparse attention was trained on the ImageNet corpus. Sparse"
    " attention reduces memory, and the transformer outperforms the convolutional baseline. The"
    " optimiser was Adam."
)
DESCRIPTION = "The text describes a transformer with sparse attention."
ENTITIES = ["transformer", "sparse attention", "ImageNet", "Adam"]
REDUCES = {
    "description": "Sparse attention reduces memory.",
    "source_entities": ["sparse attention"],
    "target_entities": ["memory"],
    "strength": "strong",
}
OUTPERFORMS = {
    "description": "The transformer outperforms the convolutional baseline.",
    "source_entities": ["transformer"],
    "target_entities": ["convolutional baseline"],
    "strength": "strong",
}


def extraction(*relations: dict[str, Any]) -> dict[str, Any]:
    return {
        "section_description": DESCRIPTION,
        "list_of_entities": ENTITIES,
        "relations": list(relations),
    }


WHOLE = extraction(REDUCES, OUTPERFORMS)
JSON = json.dumps(WHOLE)
EXAMPLE = {
    "section_description": "Otters.",
    "list_of_entities": ["otter", "urchin"],
    "relations": [
        {"description": "Otters hunt.", "source_entities": ["otter"], "target_entities": ["urchin"]}
    ],
}


def without(value: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: one for key, one in value.items() if key not in keys}


def triple(source: str, word: str, target: str, keys: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(keys, (source, word, target), strict=True))


def with_relations(relations: Any, **others: Any) -> str:
    return json.dumps({**without(WHOLE, "relations"), "relations": relations, **others})


REDUCES_AS_TRIPLE = ("sparse attention", "reduces", "memory")
KEYS = [
    ("source", "type", "target"),
    ("source", "relation_type", "destination"),
    ("from", "description", "to"),
    ("head", "relation", "tail"),
    ("subject", "predicate", "object"),
    ("entity1", "label", "entity2"),
    ("cause", "verb", "effect"),
]
FORMS: dict[str, tuple[str, int]] = {
    "as asked for": (JSON, 2),
    "prose around": (f"Sure! Here it is:\n{JSON}\nAnything else?", 2),
    "code fence": (f"```json\n{JSON}\n```", 2),
    "thoughts before": (f"<think>{json.dumps(extraction(REDUCES))} One more.</think>\n{JSON}", 2),
    "thoughts of an opened prompt": (f"{json.dumps(extraction(REDUCES))} More.</think>{JSON}", 2),
    "thoughts without an end": (f"<think>\n{JSON}", 2),
    "a draft before": (f"{json.dumps(extraction(REDUCES))}\nBetter:\n{JSON}", 2),
    "corrected after": (f"{json.dumps(extraction())}\nHere is the corrected JSON:\n{JSON}", 2),
    "the example echoed first": (f"{json.dumps(EXAMPLE)}\n{JSON}", 2),
    "a weaker repetition after": (f"{JSON}\n{json.dumps(extraction(REDUCES))}", 2),
    "typographic quotes": (json.dumps(WHOLE, indent=2).replace('"', "\u201d"), 2),
    "single quotes": (JSON.replace('"', "'"), 2),
    "trailing commas": (JSON.replace("]", ",]").replace("}", ",}"), 2),
    "three keys in three objects": (
        "\n".join(json.dumps({key: value}) for key, value in WHOLE.items()), 2),
    "goes on from a prefilled answer": (JSON.removeprefix('{"section_description": "'), 2),
    "relations by number": (with_relations({"1": REDUCES, "2": OUTPERFORMS}), 2),
    "relations as triples": (
        with_relations([list(REDUCES_AS_TRIPLE),
                        ["transformer", "outperforms", "convolutional baseline"]]), 2),
    "one relation without a list": (with_relations(REDUCES), 1),
    "nodes and edges": (json.dumps({
        "section_description": DESCRIPTION,
        "nodes": [{"id": name} for name in ENTITIES],
        "edges": [triple(*REDUCES_AS_TRIPLE, ("source", "label", "target"))]}), 1),
    "entities with their types": (
        with_relations([REDUCES], list_of_entities=dict.fromkeys(ENTITIES, "thing")), 1),
    "names joined by commas": (with_relations([{
        "description": "The transformer and sparse attention were trained on ImageNet.",
        "source_entities": "transformer, sparse attention", "target_entities": "ImageNet"}]), 1),
    "wrapped twice": (json.dumps({"result": {"extraction": WHOLE}}), 2),
    "JSON as a string": (json.dumps(JSON), 2),
    "JSON as a string inside": (json.dumps({"answer": JSON}), 2),
    "the second half in a second object": (
        json.dumps([extraction(REDUCES), extraction(OUTPERFORMS)]), 2),
    "Strong (0.9)": (JSON.replace('"strong"', '"Strong (0.9)"'), 2),
    "a bare list of relations": (json.dumps([REDUCES, OUTPERFORMS]), 2),
    "a bare list in a fence": (f"```\n{json.dumps([REDUCES, OUTPERFORMS])}\n```", 2),
    "cut off in the third relation": (JSON[:-2] + ', {"description": "The opt', 2),
    "bad neighbours": (
        with_relations([REDUCES, "oops", None, {"description": 3}, OUTPERFORMS]), 2),
    **{f"keys {keys}": (with_relations([triple(*REDUCES_AS_TRIPLE, keys)]), 1) for keys in KEYS},
}  # fmt: skip
"""Answers of the text, and how many relations they state."""


@pytest.mark.parametrize("form", FORMS)
def test_what_a_form_states_is_kept(form: str) -> None:
    answer, relations = FORMS[form]
    judgement = judge(answer, TEXT)
    assert judgement.extraction is not None, judgement
    assert len(judgement.extraction.relations) == relations, judgement
    strengths = {relation.strength for relation in judgement.extraction.relations}
    assert strengths <= {"strong", None}


def test_the_strength_survives_its_number() -> None:
    judgement = judge(FORMS["Strong (0.9)"][0], TEXT)
    assert judgement.extraction is not None
    assert {relation.strength for relation in judgement.extraction.relations} == {"strong"}


HOSTILE = [
    *('{"', "{", "[", '{"a" ', '[{"a":"x', '"a",', '{"relations":[{"description":"', "{'a': '"),
    *("<think>", "</think>", '[["a","b","c"],', "\\u12", '{"a":"b"},', "\u201d", "```json\n{"),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_answers_take_no_more_than_a_moment(piece: str) -> None:
    """Generous, since machines are busy: quadratic reading took 3 to 60 s for these."""
    answer = piece * (MAX_CHARACTERS // len(piece))
    started = time.process_time()
    salvage(answer)
    assert time.process_time() - started < 2
