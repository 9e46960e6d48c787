"""What a trained model is shown: six prompts, short, with the whole chunk and no worked example."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.export.shaping import Shaping
from relgen_assets.prompts import load_prompts
from relgen_assets.rows.models import StudentPrompt
from relgen_assets_tests.relgen_assets.export.batch import shaping

VARIANTS = get_args(StudentPrompt)
SUMMARY, CHUNK = "Birds of salt lakes.", "Brine shrimp feed flamingos."
LONGEST_INSTRUCTION = 90
"""Words; the teacher's instruction with its example has more than 300."""


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_prompt_shows_the_chunk_and_the_summary_only_where_it_is_to(
    variant: StudentPrompt,
) -> None:
    shown = shaping().shown(SUMMARY, CHUNK, variant)
    assert shown.given.endswith(CHUNK)
    assert (SUMMARY in shown.given) == ("none" not in variant)
    assert (f"{SUMMARY}\n\n{CHUNK}" in shown.given) == ("merged" in variant)
    assert SUMMARY not in shown.instruction
    assert "{" not in shown.given


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_prompt_is_short_and_says_what_an_answer_looks_like(variant: StudentPrompt) -> None:
    rules = shaping()
    instruction = rules.shown(SUMMARY, CHUNK, variant).instruction
    assert len(instruction.split()) <= LONGEST_INSTRUCTION
    if variant.endswith("_schema"):
        assert json.loads(instruction[instruction.index("{") :]) == rules.answer.schema()
    else:
        assert rules.answer.in_words() in instruction


@given(st.text(), st.text(), st.sampled_from(VARIANTS))
def test_the_chunk_is_shown_unchanged(summary: str, text: str, variant: StudentPrompt) -> None:
    chunk = f"{text}{{summary}} {{schema}} {{0}} }}{{"
    assert chunk in shaping().shown(summary, chunk, variant).given


def test_instruction_and_input_are_one_text_with_a_blank_line_between() -> None:
    shown = shaping().shown(SUMMARY, CHUNK)
    assert shown.whole == f"{shown.instruction}\n\n{shown.given}"
    assert shown.plain == f"{shown.whole}\n\nExtraction:\n"


def own_prompt(folder: Path, text: str) -> Shaping:
    (folder / "student").mkdir()
    (folder / "student" / "summary_given.txt").write_text(text)
    return shaping(load_prompts(folder))


def test_a_prompt_of_the_project_may_have_no_instruction(tmp_path: Path) -> None:
    rules = own_prompt(tmp_path, "=== user ===\n{summary} / {text}\n")
    assert rules.shown(SUMMARY, CHUNK).whole == f"{SUMMARY} / {CHUNK}"


@pytest.mark.parametrize(
    "settings",
    [
        {"student_prompt": "summary_none"},
        {"prompt_completion": "plain"},
        {"answer_json": "indented"},
        {"answer_strength": False},
        {"max_tokens": 1_000},
        {"tokenizer": "tokenizer.json"},
    ],
)
def test_every_setting_that_decides_a_row_changes_the_version(settings: dict[str, Any]) -> None:
    assert shaping(**settings).version != shaping().version


def test_a_prompt_changes_the_version_and_what_decides_no_row_does_not(tmp_path: Path) -> None:
    changed = own_prompt(tmp_path, "=== user ===\n{summary} / {text}\n")
    assert changed.version != shaping().version
    assert shaping(title="Other", licence="mit", test_percent=0).version == shaping().version
