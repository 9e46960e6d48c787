"""The sentences of a text as places where a relation may be stated, each prepared once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from relgen_assets.extraction.pairs import Span
from relgen_assets.extraction.sentences import sentence_spans
from relgen_assets.extraction.statements import BACK_REFERENCE, content


class Passage:
    """One sentence of a text, or two in a row.

    Args:
        text: The whole text.
        sentences: Where its sentences stand, as offsets of the text.
    """

    def __init__(self, text: str, sentences: tuple[Span, ...]) -> None:
        self.sentences = sentences
        self.start, self.end = sentences[0][0], sentences[-1][1]
        self.text = text[self.start : self.end]

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of its words with content."""
        return frozenset(token.stem for token in content(self.text))

    def support(self, stems: frozenset[str]) -> float:
        """Return the share of words, given by their stems, that are here; 1 if there are none."""
        return len(stems & self.stems) / len(stems) if stems else 1.0

    def inside(self, spans: Iterable[Span]) -> list[Span]:
        """Return the spans of the text that lie here, relative to the start."""
        return [
            (start - self.start, end - self.start)
            for start, end in spans
            if self.start <= start and end <= self.end
        ]


class Passages:
    """All passages of a text.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._double: dict[int, Passage] = {}

    @cached_property
    def sentences(self) -> list[Passage]:
        """The sentences, in order."""
        return [Passage(self._text, (span,)) for span in sentence_spans(self._text)]

    def holding(self, some: Sequence[Span], others: Sequence[Span]) -> Iterator[Passage]:
        """Yield the sentences that hold one of each, then the pairs of sentences that do.

        The second sentence of such a pair refers back to the first, and neither holds both.
        """
        here, there = self._numbers(some), self._numbers(others)
        both = here & there
        for number in sorted(both):
            yield self.sentences[number]
        for number in sorted(here | there):
            following = number + 1
            split = (number in here and following in there) or (
                number in there and following in here
            )
            if split and not both & {number, following} and self._refers_back(following):
                yield self._pair(number)

    def _numbers(self, spans: Iterable[Span]) -> set[int]:
        """Return the numbers of the sentences in which spans lie."""
        numbers = set()
        for start, end in spans:
            number = bisect_right(self._starts, start) - 1
            if number >= 0 and end <= self.sentences[number].end:
                numbers.add(number)
        return numbers

    @cached_property
    def _starts(self) -> list[int]:
        return [sentence.start for sentence in self.sentences]

    def _refers_back(self, number: int) -> bool:
        """Return whether a sentence begins with a word that points to the one before."""
        return BACK_REFERENCE.match(self.sentences[number].text) is not None

    def _pair(self, number: int) -> Passage:
        if number not in self._double:
            spans = self.sentences[number].sentences + self.sentences[number + 1].sentences
            self._double[number] = Passage(self._text, spans)
        return self._double[number]
