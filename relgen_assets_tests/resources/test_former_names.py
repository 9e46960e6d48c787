"""Renamed options: the former name still counts, but never together with the current one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.former_names import accept_former_names

FORMER = {"old": "new"}


@given(st.dictionaries(st.sampled_from(["old", "a", "b"]), st.integers()))
def test_only_the_name_changes(values: dict[str, int]) -> None:
    renamed = accept_former_names(values, FORMER)
    assert list(renamed.values()) == list(values.values())
    assert "old" not in renamed
    assert ("new" in renamed) == ("old" in values)


def test_both_names_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="old is the former name of new"):
        accept_former_names({"old": 1, "new": 2}, FORMER)


def test_anything_but_a_mapping_is_left_to_pydantic() -> None:
    assert accept_former_names(3, FORMER) == 3
