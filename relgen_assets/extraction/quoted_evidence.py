"""The model's own evidence: which sentences of a text an answer quotes.

Models quote with other white space, quotation marks, hyphens or letter case, leave out the middle,
or change a word. A quote is looked up as it is, then in plain spelling, then by likeness. What is
found counts as whole sentences; whether these state the relation is decided in `evidence`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz

Span = tuple[int, int]

MIN_LIKENESS = 85.0
"""Likeness, 0 to 100, above which a stretch of the text is what was quoted: rapidfuzz's partial
ratio, the normalised Indel similarity of the quote and the most similar stretch of its length. One
word in seven may differ."""
MIN_LIKE_CHARACTERS = 20
"""A shorter quote has to be there as it is: something similar to a few words is everywhere."""
_OMISSION = re.compile(r"\s*(?:\[\s*(?:\.{3}|\u2026)\s*\]|\.{3,}|\u2026)\s*")
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
    }
)
_AROUND = " \t\n\"'.,;:()[]"


class QuotableText:
    """A text prepared for looking up what is quoted of it.

    Args:
        text: The text, in full.
        sentences: Where its sentences stand, in order.
    """

    def __init__(self, text: str, sentences: Sequence[Span]) -> None:
        self._text = text
        self._sentences = sentences
        letters = list(_plain_letters(text))
        self._plain = "".join(letter for letter, _ in letters)
        self._offsets = [offset for _, offset in letters]

    def sentences_of(self, quote: str) -> frozenset[Span]:
        """Return the sentences that a quote stands in; none if it is not there.

        Args:
            quote: Words that are said to be of the text; dots stand for what was left out.
        """
        parts = [part for part in _OMISSION.split(quote) if part.strip(_AROUND)]
        found: set[Span] = set()
        for part in parts:
            span = self._find(part)
            if span is None:
                return frozenset()
            found.update(one for one in self._sentences if one[0] < span[1] and span[0] < one[1])
        return frozenset(found)

    def _find(self, quote: str) -> Span | None:
        """Return where a quote stands in the text, or what it most likely quotes."""
        exact = self._text.find(quote)
        if exact >= 0:
            return exact, exact + len(quote)
        wanted = "".join(letter for letter, _ in _plain_letters(quote)).strip(_AROUND)
        start = self._plain.find(wanted) if wanted else -1
        if start >= 0:
            return self._back(start, start + len(wanted))
        # A quote longer than the text would be aligned the other way round.
        if not MIN_LIKE_CHARACTERS <= len(wanted) <= len(self._plain):
            return None
        like = fuzz.partial_ratio_alignment(wanted, self._plain, score_cutoff=MIN_LIKENESS)
        return None if like is None else self._back(like.dest_start, like.dest_end)

    def _back(self, start: int, end: int) -> Span:
        return self._offsets[start], self._offsets[end - 1] + 1


def _plain_letters(text: str) -> Iterator[tuple[str, int]]:
    """Yield the letters of a text in plain spelling, each with the offset it comes from."""
    was_space = True
    for offset, letter in enumerate(text):
        if letter.isspace():
            if not was_space:
                yield " ", offset
            was_space = True
            continue
        was_space = False
        for plain in unicodedata.normalize("NFKC", letter.translate(_PLAIN)).casefold():
            yield plain, offset
