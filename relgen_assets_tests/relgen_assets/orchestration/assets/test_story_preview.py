"""Stories as Markdown for Dagster's UI: data is shown as it is, and nothing in it comes alive."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.orchestration.assets.plain_markdown import plain, quoted
from relgen_assets.orchestration.assets.story_preview import story_preview
from relgen_assets.text.visible import visible
from relgen_assets_tests.relgen_assets.stored_batches import telling_batch

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
DEAD = {"paragraph_open", "paragraph_close", "inline", "blockquote_open", "blockquote_close"}
LIVE = [
    "![image](http://host/x.png)",
    "<img src=http://host/x.png> <script>alert(1)</script>",
    "[link](javascript:alert(1)) <http://host>",
    "# heading\n===\n- item\n1. item\n> quote\n    code\n```\nfence\n```",
    "| a | b |\n|---|---|\n| c | d |",
    "**bold** _em_ `code` ~~gone~~ &lt; &#42; \\*",
    "https://host www.host.org someone@host.org HTTP://HOST",
]


def shown(markdown: str) -> str:
    """Return the text that a reader sees, after checking that it is nothing but text."""
    tokens = MARKDOWN.parse(markdown)
    assert {token.type for token in tokens} <= DEAD
    blocks = [token.children for token in tokens if token.children]
    kinds = {child.type for block in blocks for child in block}
    assert kinds <= {"text", "hardbreak", "softbreak", "text_special"}
    lines = ["".join(child.content or " " for child in block) for block in blocks]
    return " ".join(" ".join(lines).split())


@pytest.mark.parametrize("text", LIVE)
def test_what_would_be_live_is_text(text: str) -> None:
    seen = shown(quoted(plain(text)))
    assert seen.replace("\u200b", "") == " ".join(text.split())
    assert not re.search(r"https?://|www\.|\w@\w", seen, re.IGNORECASE)


@given(st.one_of(st.text(), st.lists(st.sampled_from([*LIVE, "\n", "x"])).map("".join)))
def test_any_text_is_shown_and_nothing_of_it_is_live(text: str) -> None:
    seen = shown(quoted(plain(text)))
    expected = visible(text).replace("\u200b", "").split()
    assert seen.replace("\u200b", "").split() == expected


def test_accepted_and_rejected_chunks_are_shown_whole() -> None:
    batch = telling_batch()
    value = (
        story_preview(
            "lakes-00000", batch.chunks, batch.raw, batch.validated, JudgingPolicy()
        ).value
        or ""
    )
    assert "**Brine shrimp** feed **flamingos** &#91;on&#93; salt lakes" in value
    assert "**Brine shrimp &#45;&#62; flamingos** Brine shrimp feed flamingos" in value
    assert "No relation is left between entities" in value
    assert "The request failed too often" in value
    assert "\x1b" not in value
