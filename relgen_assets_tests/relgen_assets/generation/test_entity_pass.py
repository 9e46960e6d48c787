"""Two passes: names first, then relations between those that the chunk has."""

from __future__ import annotations

import json
from collections.abc import Sequence

from relgen_assets.extraction.policy import DEFAULT_POLICY
from relgen_assets.generation.entity_pass import entity_requests, first_passes, names_enough
from relgen_assets.generation.extraction_requests import ExtractionTask, extraction_tasks
from relgen_assets.generation.extraction_rows import extraction_row
from relgen_assets.prompts import bundled_prompts
from relgen_assets.rows.models import Chunk
from relgen_assets.settings import ExtractionSettings
from resources.generation import Failure, Generation, GenerationRequest, Outcome
from resources.generation_ledger.keys import generation_key

PROMPTS = bundled_prompts()
SETTINGS = ExtractionSettings(mode="two_pass")
SUMMARIES = {"p1": "Otters were watched."}
TEXT = "Sea otters eat sea urchins in kelp forests off the cold coast."
CHUNK = Chunk(
    chunk_id="p1#0000", paper_id="p1", index=0, text=TEXT, start=0, end=62, overlap=0, tokens=14
)


def answered(
    text: str, *, prompt: int = 100, written: int = 20, seconds: float = 2.0
) -> Generation:
    return Generation(
        CHUNK.chunk_id, text, "stop", "teacher-7b", "gpu-0", prompt, 0, written, seconds
    )


def listing(*names: str) -> Generation:
    return answered(json.dumps({"list_of_entities": names}))


def first_request() -> GenerationRequest:
    (request,) = entity_requests([CHUNK], SUMMARIES, SETTINGS, len, {}, prompts=PROMPTS)
    return request


def task_after(outcome: Outcome) -> ExtractionTask:
    passes = first_passes([CHUNK], {CHUNK.chunk_id: outcome}, SETTINGS, DEFAULT_POLICY)
    (task,) = extraction_tasks(
        [CHUNK], SUMMARIES, "two_pass", SETTINGS, len, {}, prompts=PROMPTS, first_passes=passes
    )
    return task


def choices(request: GenerationRequest) -> Sequence[str]:
    assert request.json_schema is not None
    items: dict[str, list[str]] = request.json_schema["properties"]["list_of_entities"]["items"]
    return items.get("enum", [])


def test_the_first_pass_asks_for_names_alone() -> None:
    request = first_request()
    assert request.json_schema is not None
    assert list(request.json_schema["properties"]) == ["list_of_entities"]
    assert TEXT in request.messages[-1]["content"]


def test_a_chunk_without_a_summary_is_not_asked_about() -> None:
    assert entity_requests([CHUNK], {}, SETTINGS, len, {}, prompts=PROMPTS) == []


def test_the_second_pass_shows_the_names_of_the_chunk_and_allows_no_other() -> None:
    task = task_after(listing("sea otters", "dopamine", "kelp forests"))
    assert task.candidates == ["Sea otters", "kelp forests"]
    assert task.request is not None
    assert choices(task.request) == ["Sea otters", "kelp forests"]
    assert "Entities: Sea otters; kelp forests" in task.request.messages[-1]["content"]


def test_each_pass_has_a_key_of_its_own_and_the_second_depends_on_the_first() -> None:
    one = task_after(listing("Sea otters", "kelp forests"))
    other = task_after(listing("Sea otters", "sea urchins"))
    assert one.request is not None
    assert other.request is not None
    asked = [first_request(), one.request, other.request]
    assert len({generation_key(request, "teacher-7b") for request in asked}) == 3
    assert asked[0].task != asked[1].task


def test_a_list_with_fewer_than_two_names_is_asked_for_again_and_then_names_are_free() -> None:
    accept = names_enough([CHUNK], SETTINGS, DEFAULT_POLICY)
    assert accept(listing("sea otters", "kelp forests"))
    plain = extraction_tasks([CHUNK], SUMMARIES, "schema", SETTINGS, len, {}, prompts=PROMPTS)
    for useless in (listing(), listing("kelp forests"), listing("dopamine"), answered("No.")):
        assert not accept(useless)
        task = task_after(useless)
        assert task.candidates == []
        assert task.request is not None
        assert plain[0].request is not None
        assert task.request.messages == plain[0].request.messages
        assert task.request.json_schema == plain[0].request.json_schema


def test_the_row_names_both_prompts_and_counts_both_passes() -> None:
    task = task_after(listing("sea otters", "kelp forests"))
    row = extraction_row(task, answered("{}", prompt=150, written=50, seconds=3.5))
    assert (row.prompt_tokens, row.completion_tokens, row.seconds) == (250, 70, 5.5)
    versions = [PROMPTS.version("extraction_entities"), PROMPTS.version("extraction_relations")]
    assert row.prompt_version == "+".join(versions)
    assert task.request is not None
    assert row.key == generation_key(task.request, "teacher-7b")


def test_a_first_pass_without_an_answer_is_the_reason_of_its_chunk() -> None:
    for reason, status in (("endpoints_exhausted", "failed"), ("context_exceeded", "refused")):
        task = task_after(Failure(CHUNK.chunk_id, reason))
        assert task.request is None
        row = extraction_row(task, None)
        assert (row.status, row.reason) == (status, reason)
