"""Where names stand in a text, and what an answer names, for showing both to a person.

Whether a name occurs is decided in `grounding`; nothing here decides on an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from relgen_assets.extraction.grounding import at_word_borders
from relgen_assets.extraction.salvage import salvage
from relgen_assets.extraction.shape import Draft, to_draft


class Place(NamedTuple):
    """One place where a name stands: `text[start:end]`, the name up to white space."""

    start: int
    end: int
    name: str


def places(names: Iterable[str], text: str) -> list[Place]:
    """Return the places of all names, in order; of places that overlap, the first and longest."""
    found = sorted(
        (place for name in dict.fromkeys(names) for place in _places_of(name, text)),
        key=lambda place: (place.start, -place.end),
    )
    kept: list[Place] = []
    for place in found:
        if not kept or place.start >= kept[-1].end:
            kept.append(place)
    return kept


def draft_of(answer: str) -> Draft | None:
    """Return what a raw answer states before any rule is applied; `None` if it is not readable."""
    salvaged = salvage(answer)
    return to_draft(salvaged.value, lambda _: None) if salvaged else None


def _places_of(name: str, text: str) -> Iterable[Place]:
    words = name.split()
    if not words:
        return
    pattern = re.compile(r"\s+".join(map(re.escape, words)))
    match = pattern.search(text)
    while match is not None:
        if at_word_borders(text, *match.span()):
            yield Place(*match.span(), name)
        match = pattern.search(text, match.start() + 1)
