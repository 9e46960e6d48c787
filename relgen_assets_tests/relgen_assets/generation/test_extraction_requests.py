"""Requests and rows: keys that lead back to the ledger, and variants with their own seeds."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.validation import validate
from relgen_assets.generation.asking_again import AskingAgain
from relgen_assets.generation.extraction_requests import Questions, extraction_tasks
from relgen_assets.generation.extraction_rows import extraction_row
from relgen_assets.generation.summary_requests import summary_request, summary_row
from relgen_assets.prompts import bundled_prompts
from relgen_assets.rows.models import Chunk, Extraction, Mode, Paper, Relation
from relgen_assets.settings import ExtractionSettings, SummarySettings
from relgen_assets_tests.relgen_assets.export.batch import batch_of
from resources.generation import Failure, Generation, GenerationRequest, Verdict, next_attempt
from resources.generation_ledger.keys import generation_key

BATCH = batch_of("lake-1")
MODEL = "teacher-7b"


def summary(**settings: Any) -> GenerationRequest:
    return summary_request(
        BATCH.papers[0], SummarySettings(**settings), len, {}, prompts=bundled_prompts()
    )


def extraction(**settings: Any) -> GenerationRequest:
    (task,) = extraction_tasks(
        BATCH.chunks[:1],
        {"lake-1": "Birds."},
        "schema",
        ExtractionSettings(**settings),
        len,
        {},
        prompts=bundled_prompts(),
    )
    assert task.request is not None
    return task.request


def answered(request: GenerationRequest) -> Generation:
    return Generation(
        subject=request.subject,
        text="Birds eat shrimp.",
        finish_reason="stop",
        model=MODEL,
        endpoint="gpu-0",
        prompt_tokens=9,
        cached_tokens=0,
        completion_tokens=4,
        seconds=0.1,
        attempt=request.attempt,
    )


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_row_has_the_key_under_which_its_attempt_is_in_the_ledger(attempts: int) -> None:
    first = summary()
    asked = first
    for _ in range(attempts - 1):
        asked = next_attempt(asked)
    assert summary_row(first, answered(asked)).key == generation_key(asked, MODEL)


def test_a_row_without_an_answer_has_no_key() -> None:
    request = summary()
    assert summary_row(request, Failure(request.subject, "endpoints_exhausted")).key == ""


@pytest.mark.parametrize("ask", [summary, extraction])
def test_a_variant_is_another_draw_for_the_same_words(ask: Any) -> None:
    one, two = ask(), ask(variant=2)
    assert (one.variant, two.variant) == (1, 2)
    assert one.messages == two.messages
    seeds = [one.sampling.seed, two.sampling.seed]
    for _ in range(ExtractionSettings.model_fields["max_attempts"].default):
        one, two = next_attempt(one), next_attempt(two)
        seeds += [one.sampling.seed, two.sampling.seed]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("ask", [summary, extraction])
def test_each_task_is_sampled_as_its_own_section_says(ask: Any) -> None:
    sampling = ask(top_p=0.9, min_p=0.05, top_k=40, stop=["###"]).sampling
    assert (sampling.top_p, sampling.further) == (
        0.9,
        {"min_p": 0.05, "top_k": 40, "stop": ["###"]},
    )
    assert ask().sampling.further == {}


@pytest.mark.parametrize(
    "wrong",
    [{"top_p": 0}, {"top_p": 1.1}, {"min_p": -0.1}, {"top_k": -1}, {"stop": [""]}, {"stop": "#"}],
    ids=str,
)
@pytest.mark.parametrize("section", [SummarySettings, ExtractionSettings])
def test_sampling_out_of_bounds_is_refused(section: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        section(**wrong)


def test_a_chunk_whose_article_has_no_summary_is_not_asked_about() -> None:
    chunks: list[Chunk] = BATCH.chunks
    tasks = extraction_tasks(
        chunks, {}, "schema", ExtractionSettings(), len, {}, prompts=bundled_prompts()
    )
    assert {(task.request, task.refusal) for task in tasks} == {(None, "no_summary")}


def test_an_answer_that_repeats_the_example_of_its_own_prompt_is_not_accepted() -> None:
    questions = Questions({"lake-1": "Birds."}, ExtractionSettings(), len, {}, bundled_prompts())
    task = questions.task(BATCH.chunks[0], "schema")
    request = task.request
    assert request is not None
    example = Extraction.model_validate_json(request.messages[2]["content"])
    answer = Extraction(
        section_description="Lakes have sentences.",
        list_of_entities=["salt", "sentence"],
        relations=[
            Relation(
                description="Each sentence is about salt.",
                source_entities=["sentence"],
                target_entities=["salt"],
                strength="weak",
            )
        ],
    )
    copied = answer.model_copy(update={"section_description": example.section_description})
    accept = AskingAgain([task], questions, JudgingPolicy()).verdict
    assert accept(replace(answered(request), text=answer.model_dump_json())).usable
    refused = accept(replace(answered(request), text=copied.model_dump_json()))
    assert refused == Verdict(usable=False, reason="echoed_example")
    row = extraction_row(task, replace(answered(request), text=copied.model_dump_json()))
    assert validate(row, BATCH.chunks[0].text, JudgingPolicy()).reason == "echoed_example"


def test_bundled_prompts_keep_the_keys_that_ledgers_hold() -> None:
    """Literal keys of a released version: another key would ask everything again."""
    paper = Paper(
        paper_id="p1",
        source="s",
        title="Kelp",
        abstract="Kelp forests feed urchins.",
        section_names=["Introduction"],
        article="x" * 300,
        status="used",
    )
    text = "Sea otters eat urchins in kelp forests off the cold coast."
    chunk = Chunk(
        chunk_id="p1#0000", paper_id="p1", index=0, text=text, start=0, end=58, overlap=0, tokens=12
    )
    prompts = bundled_prompts()
    asked = [summary_request(paper, SummarySettings(), len, {}, prompts=prompts)]
    modes: list[Mode] = ["candidates", "quote", "schema"]
    for mode in modes:
        (task,) = extraction_tasks(
            [chunk], {"p1": "A summary."}, mode, ExtractionSettings(), len, {}, prompts=prompts
        )
        assert task.request is not None
        asked.append(task.request)
    assert [
        (request.labels["prompt_version"], generation_key(request, "m")) for request in asked
    ] == [
        ("fcb817f6d05d", "5ec59397a6552035d7fce90b47eb8d2bd24e4a417734b82e6082f83ab36d2462"),
        ("ab658fd6ad7a", "18605a6d362d00ece4a4c37eed9751dc9a26c09977b74b826826702ad8c3a5d7"),
        ("34e3a1bb32c8", "097f8d684f6fab3ec25d7d695f00dc925c4ea45d5e6fd5086ee7005b286072fe"),
        ("b0964705be61", "2d1b29cad78215bb1838ba94f8f64ebb34c056914d7ece7f16aeca93c9b3d5d8"),
    ]


def test_a_request_for_evidence_has_a_template_a_schema_and_a_key_of_its_own() -> None:
    plain, quoting = extraction(), extraction(quote_evidence=True)
    asked: Any = quoting.json_schema
    relation = asked["properties"]["relations"]["items"]
    assert next(iter(relation["properties"])) == "evidence" in relation["required"]
    assert "evidence" in quoting.messages[0]["content"]
    assert '"evidence"' in quoting.messages[2]["content"]
    assert "evidence" not in json.dumps(plain.json_schema)
    assert plain.labels["prompt_version"] != quoting.labels["prompt_version"]
    assert generation_key(plain, MODEL) != generation_key(quoting, MODEL)


@pytest.mark.parametrize("mode", ["candidates", "quote"])
def test_evidence_is_asked_of_free_answers_only(mode: str) -> None:
    with pytest.raises(ValidationError, match="needs the mode schema"):
        ExtractionSettings(mode=mode, quote_evidence=True)
    assert not ExtractionSettings(quote_evidence=True).quotes_evidence("quote")


@pytest.mark.parametrize("mode", ["candidates", "quote"])
def test_a_chunk_in_another_language_is_asked_about_in_mode_schema_or_refused(mode: Mode) -> None:
    text = "量子力学是描述微观粒子行为的物理理论。" * 9
    chinese = BATCH.chunks[0].model_copy(update={"text": text})
    for other_languages, refusal in (("schema", None), ("refuse", "no_tagger")):
        settings = ExtractionSettings.model_validate(
            {"mode": mode, "other_languages": other_languages}
        )
        questions = Questions({"lake-1": "Birds."}, settings, len, {}, bundled_prompts())
        task = questions.task(chinese, mode)
        assert (task.mode, task.refusal) == ("schema", refusal)
        assert (task.request is None) == (refusal is not None)
        assert questions.task(BATCH.chunks[0], mode).refusal != "no_tagger"
