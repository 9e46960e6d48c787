"""Encyclopedia articles, with the lead as their abstract and the headings as section names.

Two formats are recognised: wiki markup, where a heading is `== Heading ==`, and plain text as in
`wikimedia/wikipedia`, where a heading is a short line on its own between blank lines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relgen_assets.settings import WikipediaSource
from relgen_assets.sources.cleaning import RawRow, clean_text
from relgen_assets.sources.row_files import Column
from relgen_assets.sources.source_row import value_at
from relgen_assets.sources.table_articles import TableArticles
from relgen_assets.sources.wikitext import headings_of

LONGEST_HEADING = 80
"""Longest line, in characters, that counts as a heading in plain text."""

_PARAGRAPH = re.compile(r"\S.*?(?=\n[ \t]*\n|\s*\Z)", re.DOTALL)
_SENTENCE_ENDS = tuple(".,:;!?…。，：；！？")  # noqa: RUF001  East Asian punctuation is meant


@dataclass(frozen=True, slots=True)
class Outline:
    """The parts of an encyclopedia article.

    Attributes:
        lead: Text before the first heading; without headings, the first paragraph.
        headings: Headings in order.
        body: Everything after the lead, headings included, unchanged but for comments.
    """

    lead: str
    headings: list[str]
    body: str


def outline(text: str) -> Outline:
    """Return the parts of an article in wiki markup or plain text."""
    text, found = headings_of(clean_text(text).strip())
    paragraphs = [(m.start(), m.group().strip()) for m in _PARAGRAPH.finditer(text)]
    if not found:
        # The first line opens the lead, and the last has no text below it: neither is a heading.
        found = [(at, line) for at, line in paragraphs[1:-1] if _is_plain_heading(line)]
    body_start = next((at for at, _ in found or paragraphs[1:]), len(text))
    return Outline(
        lead=text[:body_start].strip(),
        headings=[heading for _, heading in found],
        body=text[body_start:],
    )


def _is_plain_heading(line: str) -> bool:
    return (
        len(line) <= LONGEST_HEADING
        and "\n" not in line
        and not line.endswith(_SENTENCE_ENDS)
        and (line[0].isalnum() and not line[0].islower())
        and any(character.isalpha() for character in line)
    )


class WikipediaArticles(TableArticles):
    """The articles of a `wikipedia` source.

    Args:
        settings: Path, names of the columns and the number of articles to use.
        state: Local folder where counts are remembered.
    """

    def __init__(self, settings: WikipediaSource, *, state: Path) -> None:
        self._names = names = settings.columns
        columns = [Column(names.text, "text"), Column(names.title, "title", required=False)]
        super().__init__(settings, columns, state=state)

    def _raw(self, row: Mapping[str, Any]) -> RawRow:
        text, title = value_at(row, self._names.text), value_at(row, self._names.title)
        if not isinstance(text, str):
            return RawRow(text, None, None, title)
        parts = outline(text)
        return RawRow(parts.body, parts.lead, parts.headings, title)
