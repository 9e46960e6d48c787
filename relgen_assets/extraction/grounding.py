"""Grounding: which names occur in a text, and how the text spells them.

A name occurs in a text if it is an exact substring, ignoring white space, that begins and ends at
word boundaries. A name is grounded if a substring of the text equals it up to case, accents, plural
endings, hyphens and spaces; grounding replaces the name with that substring. Every grounded name
therefore occurs verbatim in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

MAX_NAME_CHARACTERS = 80
"""Longer names are sentences."""
_TOKEN = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+")
_SOFT_GAP = re.compile(r"[\s\-\u2010-\u2015/'\u2019\u00b7]{0,3}")
_MASK = re.compile(r"x(?:math|cite)\d*|(?-i:REF|CITE|FORMULA|(?:EQ|FIG|TAB|SEC)REF)", re.IGNORECASE)
_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a about above after all also although an and any are as at be because been before being
        below between both but by can could did do does during each either few first for
        from further had has have he her here his how however i if in into is it its may
        might more most much must no nor not of on one only or other our out over own same
        second she should since so some such than that the their them then there these they
        this those three through thus to too two under until up us very was we were what
        when where whether which while who why will with within without would you your""",
    )
)


class _FoldedText(NamedTuple):
    """The words of a text without case, accents and endings, joined, and where they stand.

    Attributes:
        joined: The folded words, one behind the other.
        spans: Where each word stands in the text.
        starts: Number of the word that begins at a place of `joined`.
        ends: Number of the word that ends before a place of `joined`.
    """

    joined: str
    spans: list[tuple[int, int]]
    starts: dict[int, int]
    ends: dict[int, int]


class GroundedText:
    """A text prepared for looking up names in it.

    Args:
        text: The text; white space is collapsed for all comparisons.
    """

    def __init__(self, text: str) -> None:
        self._text = " ".join(text.split())

    @cached_property
    def _folded(self) -> _FoldedText:
        """The folded words; made on first use, since names are mostly spelled as in the text."""
        spans: list[tuple[int, int]] = []
        starts: dict[int, int] = {}
        ends: dict[int, int] = {}
        keys: list[str] = []
        length = 0
        for match in _TOKEN.finditer(self._text):
            key = _fold(match.group())
            if not key:
                continue
            starts[length] = len(spans)
            length += len(key)
            ends[length] = len(spans)
            spans.append(match.span())
            keys.append(key)
        return _FoldedText("".join(keys), spans, starts, ends)

    def contains(self, name: str) -> bool:
        """Return whether `name` occurs verbatim in the text, ignoring white space."""
        name = " ".join(name.split())
        start = self._text.find(name) if name else -1
        while start >= 0:
            if at_word_borders(self._text, start, start + len(name)):
                return True
            start = self._text.find(name, start + 1)
        return False

    def ground(self, name: str) -> str | None:
        """Return `name` as the text spells it, or `None` if it is not grounded or not a name."""
        if not is_name(name):
            return None
        name = " ".join(name.split())
        if name[0].isalnum() and self.contains(name):
            return name
        key, joined = entity_key(name), self._folded.joined
        start = joined.find(key)
        while start >= 0:
            piece = self._piece(start, start + len(key))
            if piece is not None and is_name(piece):
                return piece
            start = joined.find(key, start + 1)
        return None

    def _piece(self, start: int, end: int) -> str | None:
        """Return the text behind a range of the joined keys, if it consists of whole words."""
        first, last = self._folded.starts.get(start), self._folded.ends.get(end)
        if first is None or last is None:
            return None
        spans = self._folded.spans[first : last + 1]
        if not all(
            _SOFT_GAP.fullmatch(self._text, left[1], right[0]) for left, right in pairwise(spans)
        ):
            return None
        return self._text[spans[0][0] : spans[-1][1]]


def occurs(name: str, text: str) -> bool:
    """Return whether `name` occurs verbatim in `text`, in whole words and ignoring white space."""
    return not absent([name], text)


def at_word_borders(text: str, start: int, end: int) -> bool:
    """Return whether a range of `text` begins and ends at word boundaries."""
    cut_before = start > 0 and _in_word(text[start - 1]) and _in_word(text[start])
    cut_after = end < len(text) and _in_word(text[end - 1]) and _in_word(text[end])
    return not (cut_before or cut_after)


def absent(names: Iterable[str], text: str) -> list[str]:
    """Return the names that do not occur in `text`; the text is prepared only once."""
    grounded = GroundedText(text)
    return [name for name in names if not grounded.contains(name)]


def is_name(text: str) -> bool:
    """Return whether `text` can name an entity.

    Masks of formulas and citations, bare numbers, single characters, function words and whole
    sentences cannot.
    """
    words = _TOKEN.findall(text)
    return (
        len(text) <= MAX_NAME_CHARACTERS
        and sum(character.isalnum() for character in text) > 1
        and any(character.isalpha() for character in text)
        and not any(_MASK.fullmatch(word) for word in words)
        and not all(word.casefold() in _FUNCTION_WORDS for word in words)
    )


def entity_key(name: str) -> str:
    """Return what all spellings of a name have in common."""
    return "".join(_fold(word) for word in _TOKEN.findall(name))


@lru_cache(maxsize=50_000)
def _fold(word: str) -> str:
    """Return a word without case, accents, compatibility forms and plural ending."""
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return _singular("".join(letter for letter in decomposed if letter.isalnum()).casefold())


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "ses", "xes", "zes")):
        return word[:-2]
    return word[:-1]


def _in_word(character: str) -> bool:
    return _TOKEN.match(character) is not None
