"""Markdown that says what it is given: no title, name or licence can break a line or a table."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Sequence
from typing import Final

_WIDTH: Final = 100
_MARKUP = re.compile(r"([\\`*_\[\]#|~$])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TICKS = re.compile(r"`+")


def plain(text: str) -> str:
    """Return text that Markdown shows as it is, on one line; also older kinds of Markdown."""
    return _MARKUP.sub(r"\\\1", html.escape(_line(text), quote=False))


def code(text: str) -> str:
    """Return text as a code span, on one line; also within a table.

    The span is fenced by more backticks than the text has in a row, as CommonMark defines it.
    """
    line = _line(text) or " "
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; cells hold Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def paragraph(sentences: str) -> str:
    """Return text in lines of at most 100 characters, where its words allow."""
    return textwrap.fill(sentences, _WIDTH, break_long_words=False, break_on_hyphens=False)


def bullet(sentence: str) -> str:
    """Return one entry of a list."""
    return textwrap.fill(
        sentence,
        _WIDTH,
        initial_indent="- ",
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _cell(markdown: str) -> str:
    """Return a cell in which every bar is escaped once."""
    return re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\\|", " ".join(markdown.split()))
