"""The rows of trainers: one question and one answer, and the answer is the extraction."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from relgen_assets.export.training import (
    AlpacaExample,
    ChatExample,
    ConversationalPair,
    PlainPair,
    PromptVariant,
    alpaca,
    chat,
    conversational_pair,
    plain_pair,
    prompt_variants,
    teacher_messages,
)
from relgen_assets.prompts import load_prompts
from relgen_assets.rows.models import ChatMessage, StudentPrompt
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

RULES = shaping()
EXAMPLE = batch_of("lake-1").examples()[0]
SHOWN = RULES.shown(EXAMPLE.summary, EXAMPLE.chunk)
ASKED = ChatMessage(role="user", content=SHOWN.whole)
ANSWER = ChatMessage(role="assistant", content=EXAMPLE.extraction)


def test_a_chat_is_one_user_turn_and_one_assistant_turn() -> None:
    assert chat(EXAMPLE, RULES) == [ChatExample(messages=[ASKED, ANSWER])]


def test_a_pair_is_what_is_shown_and_what_is_to_be_answered() -> None:
    assert conversational_pair(EXAMPLE, RULES) == [
        ConversationalPair(prompt=[ASKED], completion=[ANSWER])
    ]
    assert plain_pair(EXAMPLE, RULES) == [
        PlainPair(prompt=f"{SHOWN.whole}\n\nExtraction:\n", completion=EXAMPLE.extraction)
    ]


def test_an_instruction_is_the_same_in_every_row() -> None:
    rows = [
        row
        for one in batch_of("lake-1", "lake-2").examples()
        for row in alpaca(one, RULES)
        if isinstance(row, AlpacaExample)
    ]
    assert {row.instruction for row in rows} == {SHOWN.instruction}
    assert (rows[0].input, rows[0].output) == (SHOWN.given, EXAMPLE.extraction)


def test_a_prompt_without_instruction_is_one_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "student").mkdir()
    template = tmp_path / "student" / "summary_given.txt"
    template.write_text("=== user ===\n{summary} / {text}\n")
    (row,) = alpaca(EXAMPLE, shaping(load_prompts(tmp_path)))
    whole = f"{EXAMPLE.summary} / {EXAMPLE.chunk}"
    assert row == AlpacaExample(instruction=whole, input="", output=EXAMPLE.extraction)


def test_an_example_has_a_row_under_each_prompt() -> None:
    rows = [row for row in prompt_variants(EXAMPLE, RULES) if isinstance(row, PromptVariant)]
    assert tuple(row.variant for row in rows) == get_args(StudentPrompt)
    assert {row.completion for row in rows} == {EXAMPLE.extraction}
    assert len({row.prompt for row in rows}) == len(rows)
    assert rows[2].prompt == SHOWN.plain


def test_the_teacher_was_asked_what_the_row_says() -> None:
    assert teacher_messages(EXAMPLE) == [ChatExample(messages=[*EXAMPLE.sent_messages, ANSWER])]
