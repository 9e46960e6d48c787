"""Grounding: where a name stands in a text, and how the text spells it.

A name is looked for as it is spelled, ignoring white space; then by its key (`identity`), so that
case, accents, plural endings and joining hyphens may differ. Every grounded name is a piece of the
text, in whole words and with the signs that belong to it: `CD25` does not occur in `CD25+ T cells`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from relgen_assets.extraction.identity import Keys, identity, keys
from relgen_assets.extraction.names import MAX_NAME_CHARACTERS, is_name, without_article
from relgen_assets.extraction.words import WORD, ends_before_particles, is_border

_CHARGES = frozenset("+*#\u2032\u2033\u207a\u207b")
"""Signs that belong to the word right before them."""


class Occurrence(StrEnum):
    """How a name occurs in a text."""

    EXACT = "exact"
    """As it is spelled."""
    NORMALISED = "normalised"
    """In another spelling of the same name: case, accents, plural, hyphens or spaces differ."""
    FUZZY = "fuzzy"
    """Misspelled: the text has a name that is meant by it (`fuzzy`)."""
    ABSENT = "absent"
    """Not at all."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a name stands in a text.

    Attributes:
        spelling: The name as the text spells it, single-spaced; empty if absent.
        mentions: Where it stands, as offsets of the text, end exclusive; in order.
        similarity: How alike name and spelling are, 0 to 100, if it is misspelled.
    """

    occurrence: Occurrence
    spelling: str
    mentions: tuple[tuple[int, int], ...]
    similarity: float | None = None


ABSENT = Alignment(Occurrence.ABSENT, "", ())


class _Keyed(NamedTuple):
    """A text as the keys of its words and signs, one behind the other.

    Attributes:
        joined: The keys, joined.
        found: The keys with their places in the text.
        starts: Number of the key that begins at a place of `joined`.
        ends: Number of the key that ends before a place of `joined`.
    """

    joined: str
    found: Keys
    starts: dict[int, int]
    ends: dict[int, int]


class GroundedText:
    """A text prepared for looking up names in it.

    Args:
        text: The text, in full; offsets refer to it.
    """

    def __init__(self, text: str) -> None:
        self._original = text
        self._text = " ".join(text.split())
        self._aligned: dict[str, Alignment] = {}
        self._mentions: dict[str, list[tuple[int, int]]] = {}

    def contains(self, name: str) -> bool:
        """Return whether `name` occurs in the text as it is spelled, ignoring white space."""
        return next(self._exact(name), None) is not None

    def ground(self, name: str) -> str | None:
        """Return `name` as the text spells it, or `None` if it is not grounded or not a name."""
        aligned = self.align(name)
        return aligned.spelling or None

    def align(self, name: str) -> Alignment:
        """Return where `name` stands in the text; `ABSENT` also if it cannot be a name."""
        if name not in self._aligned:
            self._aligned[name] = self._align(without_article(" ".join(name.split())))
        return self._aligned[name]

    def _align(self, name: str) -> Alignment:
        if not is_name(name):
            return ABSENT
        found = list(self._exact(name))
        if found:
            return self._alignment(Occurrence.EXACT, name, found)
        found = list(self._names_by_key(identity(name)))
        if not found:
            return ABSENT
        # The same key may have several spellings in the text: the first one is taken.
        spelling = self._text[slice(*found[0])]
        same = [span for span in found if self._text[slice(*span)] == spelling]
        return self._alignment(Occurrence.NORMALISED, spelling, same)

    def align_misspelled(self, name: str, threshold: int) -> Alignment:
        """Return where the name stands that a misspelled one means; `ABSENT` if none is meant.

        Args:
            name: A name that does not occur.
            threshold: Least similarity of the two, 0 to 100.
        """
        # Imported on use: few projects look for misspelled names.
        from relgen_assets.extraction.fuzzy import misspelled

        name = without_article(" ".join(name.split()))
        if not is_name(name):
            return ABSENT
        meant = misspelled(name, self._text, self._keyed.found, threshold)
        if meant is None or not self._is_whole(meant.start, meant.end):
            return ABSENT
        aligned = self.align(self._text[meant.start : meant.end])
        return replace(aligned, occurrence=Occurrence.FUZZY, similarity=meant.similarity)

    def occurrences(self, name: str) -> list[tuple[int, int]]:
        """Return where a name stands as it is spelled, as offsets; in order."""
        found = self._exact(name)
        return [(self._offset(start), self._offset(end - 1) + 1) for start, end in found]

    def mentions(self, name: str) -> list[tuple[int, int]]:
        """Return where a name stands in the text in any spelling, as offsets; in order."""
        if name not in self._mentions:
            one = " ".join(name.split())
            found = {*self._exact(one), *self._names_by_key(identity(one))} if one else set()
            self._mentions[name] = [
                (self._offset(start), self._offset(end - 1) + 1) for start, end in sorted(found)
            ]
        return self._mentions[name]

    def _alignment(
        self, occurrence: Occurrence, spelling: str, found: list[tuple[int, int]]
    ) -> Alignment:
        mentions = tuple((self._offset(start), self._offset(end - 1) + 1) for start, end in found)
        return Alignment(occurrence, spelling, mentions)

    def _exact(self, name: str) -> Iterator[tuple[int, int]]:
        """Yield where `name` stands in the single-spaced text, as it is spelled."""
        name = " ".join(name.split())
        if not 0 < len(name) <= MAX_NAME_CHARACTERS:
            return
        start = self._text.find(name)
        while start >= 0:
            if self._is_whole(start, start + len(name)):
                yield start, start + len(name)
            start = self._text.find(name, start + 1)

    def _names_by_key(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield where a name with this key stands; `us` is none, though its key is that of `US`."""
        return (span for span in self._by_key(key) if is_name(self._text[slice(*span)]))

    def _by_key(self, key: str) -> Iterator[tuple[int, int]]:
        """Yield where a name with this key stands in the single-spaced text."""
        keyed = self._keyed
        start = keyed.joined.find(key)
        while start >= 0:
            first, last = keyed.starts.get(start), keyed.ends.get(start + len(key))
            if first is not None and last is not None:
                span = keyed.found.starts[first], keyed.found.ends[last]
                if self._is_whole(*span):
                    yield span
            start = keyed.joined.find(key, start + 1)

    @cached_property
    def _keyed(self) -> _Keyed:
        """The keys of the text; made on first use, since most names are spelled as in the text."""
        found = keys(self._text)
        lengths = list(accumulate(map(len, found.keys)))
        ends = {length: number for number, length in enumerate(lengths)}
        starts = {0: 0} | {length: number + 1 for length, number in ends.items()}
        if lengths:
            del starts[lengths[-1]]
        return _Keyed("".join(found.keys), found, starts, ends)

    @cached_property
    def _places(self) -> tuple[list[int], list[int]]:
        """Where each word starts, in the single-spaced text and in the original one."""
        originals = [match.start() for match in re.finditer(r"\S+", self._original)]
        spaced: list[int] = []
        at = 0
        for word in self._text.split(" "):
            spaced.append(at)
            at += len(word) + 1
        return spaced, originals

    def _offset(self, at: int) -> int:
        """Return the offset of the original text for one of the single-spaced text."""
        if len(self._original) == len(self._text):
            return at
        spaced, originals = self._places
        word = bisect_right(spaced, at) - 1
        return originals[word] + at - spaced[word]

    def _is_whole(self, start: int, end: int) -> bool:
        """Return whether a range is of whole words and leaves none of their signs behind."""
        text = self._text
        if start > 0 and not is_border(text, start):
            return False
        if end == len(text):
            return True
        if not (is_border(text, end) or ends_before_particles(text, end)):
            return False
        if WORD.match(text[end - 1]) is None:
            return True
        return not (text[end] in _CHARGES or end in self._charges)

    @cached_property
    def _charges(self) -> frozenset[int]:
        """Where a minus stands that belongs to the word right before it."""
        if "-" not in self._text and "\u2212" not in self._text:
            return frozenset()
        found = self._keyed.found
        return frozenset(
            found.starts[number]
            for number, key in enumerate(found.keys)
            if key == "-"
            and number
            and found.starts[number] == found.ends[number - 1]
            and self._text[found.ends[number] : found.ends[number] + 1] in ("", " ")
        )


def occurs(name: str, text: str) -> bool:
    """Return whether `name` occurs verbatim in `text`, in whole words and ignoring white space."""
    return not absent([name], text)


def absent(names: Iterable[str], text: str) -> list[str]:
    """Return the names that do not occur in `text`; the text is prepared only once."""
    grounded = GroundedText(text)
    return [name for name in names if not grounded.contains(name)]
