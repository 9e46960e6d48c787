"""Spans of names in a sentence: pairs of a source and a target, and names in one list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from relgen_assets.extraction.direction import Frame, frame
from relgen_assets.extraction.statements import COORDINATION

Span = tuple[int, int]
"""Where a name stands, as offsets of its text, end exclusive."""


class Pair(NamedTuple):
    """A source and a target that stand apart.

    Attributes:
        sign: 1 if the source stands first, else -1.
    """

    source: Span
    target: Span
    sign: int

    @property
    def gap(self) -> Span:
        """The stretch between the two."""
        first, second = sorted((self.source, self.target))
        return first[1], second[0]

    def frame(self, text: str) -> Frame:
        """Return the two names with the words around them, in the order of the text."""
        first, second = sorted((self.source, self.target))
        return frame(text, first, second)


def pairs(sources: Sequence[Span], targets: Sequence[Span]) -> list[Pair]:
    """Return the pairs of a source and a target that do not overlap, nearest first."""
    found = [
        Pair(source, target, 1 if source[1] <= target[0] else -1)
        for source in sources
        for target in targets
        if source[1] <= target[0] or target[1] <= source[0]
    ]
    return sorted(found, key=lambda pair: (pair.gap[1] - pair.gap[0], pair.source))


def neighbours(found: Sequence[Pair]) -> list[Pair]:
    """Return the pairs with no other of their names between them."""
    named = {span for pair in found for span in (pair.source, pair.target)}
    return [
        pair
        for pair in found
        if not any(pair.gap[0] <= start and end <= pair.gap[1] for start, end in named)
    ]


def outermost(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, without those that lie in a longer one: `bleaching` in its name."""
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda span: (span[0], -span[1])):
        if not kept or span[1] > kept[-1][1]:
            kept.append(span)
    return kept


def in_one_list(text: str, anchor: Span, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans that are listed together with one of them: "A, B and the C"."""
    listed = [anchor]
    for span in sorted(spans, key=lambda span: abs(span[0] - anchor[0])):
        if span not in listed and any(_listed(text, span, other) for other in listed):
            listed.append(span)
    return tuple(listed)


def _listed(text: str, one: Span, other: Span) -> bool:
    first, second = sorted((one, other))
    if first[1] > second[0]:
        return False
    return COORDINATION.fullmatch(text, first[1], second[0]) is not None
