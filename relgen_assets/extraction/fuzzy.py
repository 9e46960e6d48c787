"""Misspelled names: which name of a text an absent name stands for.

A misspelling is a slip within a long word: one letter missing, too many or wrong, or two letters
exchanged. Everything else makes another name: other numbers, signs, acronyms or short words, more
or fewer words, another beginning or ending of a word (`hypo-` and `hyper-`, `sulfate` and
`sulfite`), and a word that the text itself uses. Two names that differ in what `identity` counts as
a sign are never taken for one.

The similarity is `rapidfuzz.fuzz.ratio` of the two names in lower case: 200 times the length of
their longest common subsequence, divided by the sum of their lengths; 0 to 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import Postfix, Prefix

from relgen_assets.extraction.identity import Keys, keys
from relgen_assets.extraction.names import is_name
from relgen_assets.extraction.words import WORD

BEGINNING_OF_EXCHANGE = 4
"""Fewest letters before two exchanged ones: `netwrok`, but not `casual` for `causal`."""
BEGINNING_OF_GAP, ENDING_OF_GAP, SHORTEST_WITH_GAP = 3, 2, 8
"""Fewest letters before and after a missing or further one, and in the shorter of the words:
`transfomer`, but not `cystine` for `cysteine`."""
BEGINNING_OF_OTHER, ENDING_OF_OTHER = 5, 4
"""Fewest letters before and after a wrong one: `-ase` and `-ate` make other names, and so do
`generic` and `genetic`."""


class Piece(NamedTuple):
    """A word or sign of a text that counts for identity.

    Attributes:
        key: What all its spellings have in common.
        start: Where it begins in the text.
        end: Where it ends, exclusive.
    """

    key: str
    start: int
    end: int


class Misspelled(NamedTuple):
    """What a misspelled name stands for.

    Attributes:
        start: Where the name that is meant begins in the text.
        end: Where it ends, exclusive.
        similarity: How alike both are, 0 to 100.
    """

    start: int
    end: int
    similarity: float


def misspelled(name: str, text: str, keys_of_text: Keys, threshold: int) -> Misspelled | None:
    """Return what an absent name stands for; the most similar name, the first of equals.

    Args:
        name: The name, single-spaced.
        text: The single-spaced text.
        keys_of_text: Its words and signs.
        threshold: Least similarity, 0 to 100.
    """
    wanted, pieces_of_text = _pieces(keys(name)), _pieces(keys_of_text)
    used = set(keys_of_text.keys)
    wrong = [piece for piece in wanted if piece.key not in used]
    if not wrong or not all(_may_be_misspelled(name, piece) for piece in wrong):
        return None
    best: Misspelled | None = None
    for first in range(len(pieces_of_text) - len(wanted) + 1):
        window = pieces_of_text[first : first + len(wanted)]
        if not _stands_for(wanted, window, used):
            continue
        start, end = window[0].start, window[-1].end
        spelled = text[start:end]
        similarity = fuzz.ratio(name.casefold(), spelled.casefold())
        is_better = best is None or similarity > best.similarity
        if similarity >= threshold and is_better and is_name(spelled):
            best = Misspelled(start, end, similarity)
    return best


def _pieces(found: Keys) -> list[Piece]:
    return [Piece(*one) for one in zip(found.keys, found.starts, found.ends, strict=True)]


def _stands_for(wanted: Sequence[Piece], window: Sequence[Piece], used: set[str]) -> bool:
    """Return whether each word of a name is one of the text, or a misspelling of it."""
    return all(
        one.key == other.key or (one.key not in used and is_slip(one.key, other.key))
        for one, other in zip(wanted, window, strict=True)
    )


def _may_be_misspelled(name: str, piece: Piece) -> bool:
    """Return whether a piece is a word in small letters, apart from a capital at its beginning."""
    word = name[piece.start : piece.end]
    return WORD.fullmatch(word) is not None and word.isalpha() and word[1:] == word[1:].lower()


@lru_cache(maxsize=50_000)
def is_slip(one: str, other: str) -> bool:
    """Return whether two words differ as by a slip of the pen; see the module."""
    if one == other or not (one.isalpha() and other.isalpha()):
        return False
    before = Prefix.similarity(one, other)
    after = Postfix.similarity(one, other)
    shorter, longer = sorted([len(one), len(other)])
    if longer == shorter + 1:
        is_gap = before + after >= shorter >= SHORTEST_WITH_GAP
        return is_gap and before >= BEGINNING_OF_GAP and after >= ENDING_OF_GAP
    if longer > shorter:
        return False
    middle, others = one[before : len(one) - after], other[before : len(other) - after]
    if len(middle) == 1:
        return before >= BEGINNING_OF_OTHER and after >= ENDING_OF_OTHER
    return len(middle) == 2 and middle == others[::-1] and before >= BEGINNING_OF_EXCHANGE
