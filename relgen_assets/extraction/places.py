"""Where names stand in a text, and what an answer names, for showing both to a person.

Whether a name occurs is decided in `grounding`; nothing here decides on an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from relgen_assets.extraction.draft import Draft
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.salvage import salvage
from relgen_assets.extraction.shape import drafts


class Place(NamedTuple):
    """One place where a name stands: `text[start:end]`, the name up to white space."""

    start: int
    end: int
    name: str


def places(names: Iterable[str], text: str) -> list[Place]:
    """Return the places of all names, in order; of places that overlap, the first and longest."""
    grounded = GroundedText(text)
    found = sorted(
        (
            Place(start, end, name)
            for name in dict.fromkeys(names)
            for start, end in grounded.occurrences(name)
        ),
        key=lambda place: (place.start, -place.end),
    )
    kept: list[Place] = []
    for place in found:
        if not kept or place.start >= kept[-1].end:
            kept.append(place)
    return kept


def draft_of(answer: str) -> Draft | None:
    """Return what a raw answer states before any rule is applied; `None` if it is not readable.

    Of several extractions, the one with most relations.
    """
    found = [draft for one in salvage(answer) for draft in drafts(one.value)]
    return max(found, key=lambda draft: len(draft.relations), default=None)
