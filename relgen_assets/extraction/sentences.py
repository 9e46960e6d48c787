"""The sentences of a text, by the library nupunkt."""

from __future__ import annotations

import re

_TRIMMED = re.compile(r"\S(?:.*\S)?", re.DOTALL)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return where the sentences of `text` stand, as offsets, end exclusive, without white space.

    A line that ends a paragraph ends its sentence too.
    """
    # Imported on use: its model takes a moment to load, and not every command judges answers.
    from nupunkt import sent_spans

    spans: list[tuple[int, int]] = []
    for start, end in sent_spans(text):
        trimmed = _TRIMMED.search(text, start, end)
        if trimmed is not None:
            spans.append(trimmed.span())
    return spans
