"""Reading the JSON of an answer never raises, whatever the answer; found by `fuzz_answers`."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from relgen_assets.extraction.salvage import MAX_CHARACTERS, salvage

PIECES = [
    '{"', '"}', "{", "}", "[", "]", '", "', '": "', '": ["', '"', "'", "\\", "\n", "```json\n",
    "```", "<think>", "</think>", "\u201c", "\ud800", "\x00", "json", "relations", "NaN", ",",
    "1e999", ":", "//", "/*", "#", "...", "true",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=40).map("".join))
@example('{"```json{```')
@example('{"' * 30_000)
@example('{"a": "' + "\\" * MAX_CHARACTERS)
def test_any_answer_is_read_to_objects_and_lists(answer: str) -> None:
    for one in salvage(answer):
        assert isinstance(one.value, dict | list)


@pytest.mark.parametrize("value", [{"a": [1]}, [{"a": "b"}], {"relations": []}])
@given(before=st.sampled_from(["", "Sure: ", "```json\n", "<think>{no}</think>"]),
       after=st.sampled_from(["", "\n```", " Done.", "\n\n"]))  # fmt: skip
def test_a_value_is_found_whatever_surrounds_it(value: object, before: str, after: str) -> None:
    assert value in [one.value for one in salvage(f"{before}{json.dumps(value)}{after}")]
