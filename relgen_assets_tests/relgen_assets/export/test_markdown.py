"""Whatever text is put into Markdown, it stays on its line and in its cell."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from relgen_assets.export.markdown import code, plain, table

TEXTS = st.text(
    st.one_of(st.sampled_from("`|\\<>*_#[]&$~-! \n:\"'"), st.characters(codec="utf-8")),
    max_size=30,
).filter(lambda text: bool(re.sub(r"[\x00-\x1f\x7f]", " ", text).split()))
PARSER = MarkdownIt("commonmark").enable("table")


@given(TEXTS)
def test_a_heading_shows_its_text_and_nothing_else(text: str) -> None:
    tokens = PARSER.parse(f"# {plain(text)}\n\nAfter it.\n")
    assert [one.type for one in tokens][:3] == ["heading_open", "inline", "heading_close"]
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text", "text_special"}
    assert tokens[4].content == "After it."


@given(TEXTS)
def test_a_code_span_holds_its_text(text: str) -> None:
    tokens = PARSER.parse(f"It is {code(text)}.\n")
    (span,) = [child for child in tokens[1].children or [] if child.type == "code_inline"]
    shown = re.sub(r"[\x00-\x1f\x7f]", " ", text)
    assert span.content.strip() == " ".join(shown.split())


@given(TEXTS, TEXTS)
def test_a_table_has_as_many_cells_whatever_they_hold(one: str, other: str) -> None:
    tokens = PARSER.parse(table(["a", "b"], [[code(one), plain(other)]]) + "\n")
    assert [token.type for token in tokens].count("td_open") == 2
