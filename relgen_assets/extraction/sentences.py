"""The sentences of a text, by the library nupunkt."""

from __future__ import annotations

import re
from collections.abc import Iterator

_END_OF_LINE = re.compile(r"(?<=[.!?:])\s*\n\s*(?=[^\Wa-z])|(?<=\d)\s*\n\s*(?=[A-Z][a-z])")
_TRIMMED = re.compile(r"\S(?:.*\S)?", re.DOTALL)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return where the sentences of `text` stand, as offsets, end exclusive, without white space.

    A line that ends like a sentence ends one, also before an abbreviation or a number. So does a
    line that ends in a formula, if the next begins like a sentence.
    """
    # Imported on use: its model takes a moment to load, and not every command judges answers.
    from nupunkt import sent_spans

    spans: list[tuple[int, int]] = []
    for start, end in sent_spans(text):
        for line_start, line_end in _lines(text, start, end):
            trimmed = _TRIMMED.search(text, line_start, line_end)
            if trimmed is not None:
                spans.append(trimmed.span())
    return spans


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield a range of a text in parts that end where a line ends like a sentence."""
    for match in _END_OF_LINE.finditer(text, start, end):
        yield start, match.start()
        start = match.start()
    yield start, end
