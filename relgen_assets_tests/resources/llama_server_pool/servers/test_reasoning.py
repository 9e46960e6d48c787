"""Thoughts are no answer: they are taken apart, in every form in which servers pass them on."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.llama_server_pool.servers.reasoning import take_apart

DRAFT = '{"entities": ["wrong"]}'
ANSWER = '{"entities": ["right"]}'
THOUGHTS = [
    (f"<think>\n{DRAFT}\n</think>\n\n{ANSWER}", ANSWER, DRAFT),
    (f"<think>{DRAFT}</think>{ANSWER}", ANSWER, DRAFT),
    (f"<THINK>{DRAFT}</THINK>{ANSWER}", ANSWER, DRAFT),
    (f"<thinking>{DRAFT}</thinking>{ANSWER}", ANSWER, DRAFT),
    (f"[THINK]{DRAFT}[/THINK]{ANSWER}", ANSWER, DRAFT),
    (f"◁think▷{DRAFT}◁/think▷{ANSWER}", ANSWER, DRAFT),
    (f"<seed:think>{DRAFT}</seed:think>{ANSWER}", ANSWER, DRAFT),
    (f"<think>one</think><think>two</think>{ANSWER}", ANSWER, "one\ntwo"),
    (f"<think>one <think>two</think> three</think>{ANSWER}", ANSWER, "one\ntwo\nthree"),
    (f"Let me see. {DRAFT}\n</think>\n\n{ANSWER}", ANSWER, f"Let me see. {DRAFT}"),
    (f"{DRAFT}</think>{ANSWER}", ANSWER, DRAFT),
    (f"<think>so</think>and</think>{ANSWER}", ANSWER, "so\nand"),
    (f"<think>{DRAFT}", "", DRAFT),
    (f"{ANSWER}\n<think>was that right?", ANSWER, "was that right?"),
    ("<think></think>The answer.", "The answer.", ""),
    ("<think>\n\n</think>\n\nThe answer.", "The answer.", ""),
    (
        f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant"
        f"<|channel|>final<|message|>{ANSWER}<|return|>",
        ANSWER,
        DRAFT,
    ),
    (
        f"<|channel|>final <|constrain|>json<|message|>{ANSWER}",
        ANSWER,
        "",
    ),
    (f"<|channel|>analysis<|message|>{DRAFT}", "", DRAFT),
    (f"<|channel|>commentary<|message|>hm<|end|><|channel|>final<|message|>{ANSWER}", ANSWER, "hm"),
    (f"analysis{DRAFT}assistantfinal{ANSWER}", ANSWER, DRAFT),
]


@pytest.mark.parametrize(("words", "answer", "thoughts"), THOUGHTS)
def test_thoughts_are_taken_apart_from_the_answer(words: str, answer: str, thoughts: str) -> None:
    assert take_apart(words) == (answer, thoughts)


@pytest.mark.parametrize(
    "words",
    [
        "",
        " A plain summary.\n",
        ANSWER,
        '{"entities": ["<think>", "</think>"]}',
        '{"quote": "a \\"<think>\\" block"}',
        "Models write <think> before they answer.",
        "The analysis of two assistants was final.",
    ],
)
def test_an_answer_without_thoughts_stays_as_it_is(words: str) -> None:
    assert take_apart(words) == (words, "")


@given(st.lists(st.sampled_from(["<think>", "</think>", "a", " ", "\n", '"', "{", "}"])))
def test_no_word_is_lost_or_doubled(pieces: list[str]) -> None:
    words = "".join(pieces)
    parts = take_apart(words)
    assert sum(part.count("a") for part in parts) == words.count("a")


@pytest.mark.parametrize(
    "words",
    [
        "<think>" * 20_000,
        "</think>" * 20_000,
        "a <think>" * 20_000,
        '{"<think>' * 20_000,
        '{"\\"' * 40_000,
        "<|channel|>" * 20_000,
        "<|channel|>final<|message|><" * 10_000,
        "analysis" * 20_000,
    ],
)
def test_it_is_linear(words: str) -> None:
    began = time.process_time()
    take_apart(words)
    assert time.process_time() - began < 1.5
