"""Overlap with texts that a model will be evaluated on: a run of words that both hold.

Thirteen words in a row are the usual measure, and eight the least that a short text can be known
by (Brown et al., "Language models are few-shot learners", 2020, appendix C): shorter runs are
shared by chance, such as "the rest of this paper is organised as follows".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

RUN: Final = 13
"""Words in a row that count as overlap."""
FEWEST: Final = 8
"""A text with fewer words than this overlaps with nothing; one with fewer than `RUN` as a whole."""

_UNSPACED: Final = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Letters of scripts without spaces between words: each counts as a word."""
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_MASK = re.compile(r"@x\w+")
"""What stands for a formula or a citation in `scientific_papers`."""


class Overlap:
    """The runs of words of named texts, about 100 bytes for each word.

    Args:
        texts: The texts that a model will be evaluated on, each with the name of its file.
    """

    def __init__(self, texts: Iterable[tuple[str, str]] = ()) -> None:
        # Hashes are enough: two runs in a billion texts share one by chance.
        self._runs: dict[int, tuple[str, ...]] = {}
        self._lengths: set[int] = set()
        names: dict[str, tuple[str, ...]] = {}
        for name, text in texts:
            alone = names.setdefault(name, (name,))
            words = _words(text)
            length = min(RUN, len(words))
            if length < FEWEST:
                continue
            self._lengths.add(length)
            for run in _runs(words, length):
                known = self._runs.setdefault(run, alone)
                if name not in known:
                    self._runs[run] = (*known, name)
        self.names = sorted(names)

    def __bool__(self) -> bool:
        """Return whether any text was named."""
        return bool(self.names)

    def of(self, *texts: str) -> list[str]:
        """Return the names of the files that share a run with one of these texts, in order.

        Case, punctuation, line breaks, and the masks of formulas and citations do not count.
        """
        if not self._runs:
            return []
        found: set[str] = set()
        for text in texts:
            words = _words(text)
            for length in self._lengths:
                for run in _runs(words, length):
                    found.update(self._runs.get(run, ()))
        return sorted(found)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", _MASK.sub(" ", text))
    return _WORD.findall(plain.casefold())


def _runs(words: Sequence[str], length: int) -> Iterator[int]:
    for start in range(len(words) - length + 1):
        yield hash(tuple(words[start : start + length]))
