"""Text from data steers no terminal, and any database takes it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.text.visible import visible


def test_control_characters_are_written_out() -> None:
    assert visible("\x1b[31mred\x1b]0;title\x07\x00\x9b\ud800") == (
        "\\x1b[31mred\\x1b]0;title\\x07\\x00\\x9b\\ud800"
    )
    assert visible("tab\tline\n") == "tab\tline\n"


@given(st.text())
def test_no_text_keeps_a_control_character(text: str) -> None:
    assert all(
        one in "\t\n" or (one >= " " and not "\x7f" <= one <= "\x9f") for one in visible(text)
    )
