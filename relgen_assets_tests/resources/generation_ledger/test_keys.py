"""What makes two questions the same, and what does not."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields, replace
from typing import Any

import pytest

from relgen_assets_tests.resources.generation_ledger.samples import MODEL, a_request
from resources.generation import GenerationRequest, Sampling
from resources.generation_ledger.keys import IN_KEY, IN_KEY_IF_SET, NOT_IN_KEY, generation_key

REQUEST = a_request(7)


def test_the_table_decides_on_every_field_of_a_request() -> None:
    known = {field.name for field in fields(GenerationRequest)} - {"sampling"}
    known |= {f"sampling.{field.name}" for field in fields(Sampling)}
    known |= {"model", "endpoint"}
    tables = [set(IN_KEY), set(IN_KEY_IF_SET), set(NOT_IN_KEY)]
    assert set.union(*tables) == known
    assert sum(map(len, tables)) == len(known)


@pytest.mark.parametrize(
    "changes",
    [
        {"task": "summary"},
        {"messages": (*REQUEST.messages, {"role": "assistant", "content": ""})},
        {"messages": tuple(reversed(REQUEST.messages))},
        {"messages": ({**REQUEST.messages[0], "role": "user"}, REQUEST.messages[1])},
        {"json_schema": None},
        {"json_schema": {"type": "object", "properties": {"a": {}, "b": {}}}},
        {"sampling": replace(REQUEST.sampling, temperature=0.3)},
        {"sampling": replace(REQUEST.sampling, top_p=0.9)},
        {"sampling": replace(REQUEST.sampling, max_tokens=701)},
        {"sampling": replace(REQUEST.sampling, min_p=0.0)},
        {"sampling": replace(REQUEST.sampling, top_k=0)},
        {"sampling": replace(REQUEST.sampling, stop=("\n\n",))},
        {"sampling": replace(REQUEST.sampling, seed=8)},
        {"sampling": replace(REQUEST.sampling, seed=None)},
        {"attempt": 2},
        {"variant": 2},
    ],
    ids=str,
)
def test_what_determines_the_answer_is_in_the_key(changes: dict[str, Any]) -> None:
    assert generation_key(replace(REQUEST, **changes), MODEL) != generation_key(REQUEST, MODEL)


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "another"},
        {"prompt_tokens": 1},
        {"expected_tokens": 12.5},
        {"affinity": "paper-9"},
        {"labels": {"run_id": "another"}},
        {"sampling": Sampling(temperature=0.2, max_tokens=700, seed=7, top_p=1)},
    ],
    ids=str,
)
def test_what_does_not_determine_the_answer_is_not(changes: dict[str, Any]) -> None:
    assert generation_key(replace(REQUEST, **changes), MODEL) == generation_key(REQUEST, MODEL)


def test_what_is_not_set_leaves_the_key_of_a_released_version() -> None:
    assert generation_key(a_request(1), MODEL) == (
        "18c3070eadc91eb55db22dfa4738c4736bf6a9d53ac8d03867c84bfa3d9b2f92"
    )


def test_each_option_has_a_key_of_its_own() -> None:
    sampled = [
        replace(REQUEST.sampling, **changes)
        for changes in ({"min_p": 1.0}, {"top_k": 1}, {"stop": ("1",)}, {"stop": ("1", "1")})
    ]
    keys = {generation_key(replace(REQUEST, sampling=one), MODEL) for one in sampled}
    assert len(keys) == len(sampled)


def test_models_are_never_mixed() -> None:
    assert generation_key(REQUEST, "a") != generation_key(REQUEST, "b")


def test_an_integer_temperature_is_the_same_question() -> None:
    cold = replace(REQUEST, sampling=Sampling(temperature=0, max_tokens=5))
    assert generation_key(cold, MODEL) == generation_key(
        replace(cold, sampling=Sampling(temperature=0.0, max_tokens=5)), MODEL
    )


def test_characters_of_real_articles_can_be_hashed() -> None:
    keys = {
        generation_key(replace(REQUEST, messages=({"role": "user", "content": text},)), MODEL)
        for text in ("a\0b", "a\ud800b", "naïve", "\\u0000", "")
    }
    assert len(keys) == 5


def test_the_key_is_the_same_in_every_process_and_never_changes() -> None:
    """A key that moved would make every answer ever paid for unknown."""
    expected = "54aa1f2a1df2d92085e906db76613c0eeac3be5da093624883a85e14b89137f4"
    assert generation_key(REQUEST, MODEL) == expected
    program = (
        "from relgen_assets_tests.resources.generation_ledger.samples import *\n"
        "from resources.generation_ledger.keys import generation_key\n"
        "print(generation_key(a_request(7), MODEL))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "123", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == expected
