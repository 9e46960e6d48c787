"""What is sent to a model: order, filling and versions of the prompts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.extraction import example_descriptions
from relgen_assets.prompts import PROMPT_TASKS, bundled_prompts, load_prompts
from relgen_assets.rows.models import Extraction, Paper
from resources.generation import Message

PROMPTS = bundled_prompts()
CANDIDATES = {"candidates": ("kelp", "urchins"), "schema": ()}


def paper(**changes: str | list[str]) -> Paper:
    values: dict[str, object] = {
        "paper_id": "p1",
        "source": "sample",
        "title": "Kelp",
        "abstract": "Kelp forests feed urchins.",
        "section_names": ["Introduction", "Methods"],
        "article": "Long text.",
        "status": "used",
        "reason": None,
    }
    return Paper.model_validate({**values, **changes})


def whole(messages: tuple[Message, ...]) -> str:
    return "\n".join(message["content"] for message in messages)


def common_prefix(left: str, right: str) -> int:
    return next(
        (place for place, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
        min(len(left), len(right)),
    )


def test_a_summary_is_asked_for_from_abstract_and_section_names_only() -> None:
    text = whole(PROMPTS.summary_messages(paper()))
    assert "Kelp forests feed urchins." in text
    assert "Introduction\nMethods" in text
    assert "Long text." not in text


def test_a_paper_without_title_and_sections_still_makes_a_complete_prompt() -> None:
    text = whole(PROMPTS.summary_messages(paper(title="", section_names=[])))
    assert "{" not in text
    assert "(none)" in text


@pytest.mark.parametrize("mode", ["candidates", "schema"])
def test_instructions_then_summary_then_chunk_then_what_differs(mode: str) -> None:
    messages = PROMPTS.extraction_messages("SUMMARY", "CHUNK", candidates=CANDIDATES[mode])
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    last = messages[-1]["content"]
    assert last.index("SUMMARY") < last.index("CHUNK")
    if mode == "candidates":
        assert last.index("CHUNK") < last.index("kelp; urchins")
    else:
        assert last.endswith("CHUNK")


@pytest.mark.parametrize("mode", ["candidates", "schema"])
def test_chunks_of_an_article_share_everything_up_to_the_chunk(mode: str) -> None:
    one = whole(
        PROMPTS.extraction_messages("The summary.", "First chunk", candidates=CANDIDATES[mode])
    )
    two = whole(
        PROMPTS.extraction_messages("The summary.", "Second chunk", candidates=CANDIDATES[mode])
    )
    assert common_prefix(one, two) == one.index("First chunk")


@given(st.text(), st.text(), st.sampled_from(["candidates", "schema"]))
def test_the_model_sees_the_chunk_unchanged(summary: str, text: str, mode: str) -> None:
    with_braces = f"{text}{{summary}} {{text}} {{0}} }}{{ {text}"
    prompt = whole(PROMPTS.extraction_messages(summary, with_braces, candidates=CANDIDATES[mode]))
    assert with_braces.strip() in prompt


@pytest.mark.parametrize("mode", ["candidates", "schema"])
def test_the_worked_example_is_an_extraction_grounded_in_its_own_section(mode: str) -> None:
    messages = PROMPTS.extraction_messages("S", "T", candidates=CANDIDATES[mode])
    section, answer = messages[1]["content"].casefold(), messages[2]["content"]
    example = Extraction.model_validate_json(answer)
    assert all(name.casefold() in section for name in example.list_of_entities)
    for relation in example.relations:
        sides = {*relation.source_entities, *relation.target_entities}
        assert sides <= set(example.list_of_entities)
        assert not set(relation.source_entities) & set(relation.target_entities)
    descriptions = {relation.description for relation in example.relations}
    assert example_descriptions([answer]) == descriptions | {example.section_description}


def test_every_template_has_its_own_short_version() -> None:
    versions = {PROMPTS.version(task) for task in PROMPT_TASKS}
    assert len(versions) == len(PROMPT_TASKS)
    assert all(len(version) == 12 for version in versions)


def test_categories_stand_in_their_place_or_behind_the_instructions(tmp_path: Path) -> None:
    named = bundled_prompts().extraction_messages("s", "t", categories=["minerals", "plants"])
    plain = bundled_prompts().extraction_messages("s", "t")
    assert named[0]["content"] == (
        plain[0]["content"] + "\nList only entities of these categories: minerals; plants."
    )
    assert named[1:] == plain[1:]
    (tmp_path / "extraction_schema.txt").write_text("=== user ===\n{categories} {summary} {text}\n")
    own = load_prompts(tmp_path)
    (message,) = own.extraction_messages("s", "t", categories=["minerals", "plants"])
    assert message["content"] == "minerals; plants s t"
    assert own.extraction_messages("s", "t")[0]["content"] == "any s t"


def test_names_that_are_chosen_from_a_list_have_no_categories() -> None:
    prompts, names = bundled_prompts(), ["a", "b"]
    plain = prompts.extraction_messages("s", "t", candidates=names)
    assert plain == prompts.extraction_messages("s", "t", candidates=names, categories=["minerals"])
    assert "minerals" in prompts.entity_messages("s", "t", categories=["minerals"])[0]["content"]
