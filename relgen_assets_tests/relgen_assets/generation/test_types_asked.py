"""Requests with types ask for them and nothing stricter; those without stay what they were."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.generation.asking_again import AskingAgain
from relgen_assets.generation.entity_pass import entity_requests
from relgen_assets.generation.extraction_requests import ExtractionTask, Questions
from relgen_assets.generation.first_pass import FirstPass
from relgen_assets.prompts import bundled_prompts
from relgen_assets.rows.models import Mode
from relgen_assets.settings import ExtractionSettings
from relgen_assets_tests.relgen_assets.export.batch import batch_of
from resources.generation import Generation, GenerationRequest
from resources.generation_ledger.keys import generation_key

CHUNK = (
    batch_of("lake-1")
    .chunks[0]
    .model_copy(update={"text": "Brine shrimp feed flamingos. Salt lakes hold algae."})
)
NAMES = ["Brine shrimp", "flamingos"]
TYPES: dict[str, Any] = {
    "entity_types": [{"name": "animal", "description": "It moves."}, {"name": "lake"}],
    "relation_types": [{"name": "feeds"}],
}


def questions(mode: Mode, **settings: Any) -> Questions:
    passes = {CHUNK.chunk_id: FirstPass(NAMES)} if mode == "two_pass" else {}
    own = ExtractionSettings(mode=mode, **settings)
    return Questions({"lake-1": "Birds."}, own, len, {}, bundled_prompts(), passes)


def task(mode: Mode, **settings: Any) -> ExtractionTask:
    return questions(mode, **settings).task(CHUNK, mode)


def request(mode: Mode, **settings: Any) -> GenerationRequest:
    asked = task(mode, **settings).request
    assert asked is not None
    return asked


def first_pass(**settings: Any) -> GenerationRequest:
    own = ExtractionSettings(mode="two_pass", **settings)
    summaries = {"lake-1": "Birds."}
    (asked,) = entity_requests([CHUNK], summaries, own, len, {}, prompts=bundled_prompts())
    return asked


def key(asked: GenerationRequest) -> str:
    return generation_key(asked, "teacher-7b")[:16]


def test_without_types_the_ledger_knows_every_answer_as_before_there_were_types() -> None:
    assert key(request("schema")) == "85ef4200dca66627"
    assert key(request("schema", quote_evidence=True)) == "cf1777e746bc7f2b"
    assert key(request("schema", categories=["birds", "lakes"])) == "103d036bfad846d8"
    assert key(request("candidates")) == "fff3d9604aca9bc6"
    assert key(request("two_pass")) == "2a8b412b669f1264"
    assert key(first_pass()) == "cf1037bb34de5ce2"


def test_a_description_of_a_type_is_part_of_the_question() -> None:
    other = {**TYPES, "entity_types": [{"name": "animal"}, {"name": "lake"}]}
    assert len({key(request("schema", **one)) for one in ({}, TYPES, other)}) == 3
    assert len({key(first_pass(**one)) for one in ({}, TYPES, other)}) == 3


@pytest.mark.parametrize("mode", ["schema", "two_pass"])
@pytest.mark.parametrize("evidence", [False, True])
def test_the_schema_of_an_answer_has_the_types(mode: Mode, evidence: bool) -> None:
    quoting = {"quote_evidence": True} if evidence and mode == "schema" else {}
    schema = request(mode, **TYPES, **quoting).json_schema
    assert schema is not None
    relation = {
        **({"evidence": "Brine shrimp feed flamingos."} if quoting else {}),
        "description": "Brine shrimp feed flamingos.",
        "source_entities": ["Brine shrimp"],
        "target_entities": ["flamingos"],
        "type": "feeds",
        "strength": "strong",
    }
    assert list(schema["properties"]["relations"]["items"]["properties"]) == list(relation)
    typed = [{"name": name, "type": "animal"} for name in NAMES]
    answer = {"section_description": "Food.", "list_of_entities": typed, "relations": [relation]}
    allowed = Draft202012Validator(schema)
    allowed.validate(answer)
    wrong: list[dict[str, Any]] = [
        {"list_of_entities": NAMES},
        {"list_of_entities": [{"name": NAMES[0]}]},
        {"list_of_entities": [{"name": NAMES[0], "type": "planet"}]},
        {"relations": [{**relation, "type": "eats"}]},
        {"relations": [{name: value for name, value in relation.items() if name != "type"}]},
    ]
    assert not any(allowed.is_valid({**answer, **one}) for one in wrong)


def test_names_of_a_first_pass_stay_the_only_ones() -> None:
    schema = request("two_pass", **TYPES).json_schema
    assert schema is not None
    entity = schema["properties"]["list_of_entities"]["items"]["properties"]
    assert (entity["name"]["enum"], entity["type"]["enum"]) == (NAMES, ["animal", "lake"])
    names = first_pass(**TYPES).json_schema
    assert names == first_pass().json_schema


@pytest.mark.parametrize("answer", ["", '{"list_of_entities": ["krill", "whales"]}'])
def test_with_types_a_chunk_is_not_asked_about_again_in_a_mode_without(answer: str) -> None:
    typed = questions("schema", **TYPES)
    first = typed.task(CHUNK, "schema")
    assert first.request is not None
    policy = JudgingPolicy(entity_types=("animal", "lake"), relation_types=("feeds",))
    again = AskingAgain([first], typed, policy).next_request(
        first.request,
        Generation(
            subject=CHUNK.chunk_id, text=answer, finish_reason="stop", model="m", endpoint="gpu-0",
            prompt_tokens=9, cached_tokens=0, completion_tokens=4, seconds=0.1, attempt=1,
        ),
    )  # fmt: skip
    assert again.json_schema == first.request.json_schema
    assert again.messages == first.request.messages
    assert again.sampling.seed != first.request.sampling.seed
