"""When two spellings are one name: the single definition for lists, sides, duplicates and checks.

Two names are one if they have the same key. A key consists of the words without case, accents and
plural endings, and of every sign. White space is ignored, as are hyphens that join words and
apostrophes within them: `co-valent sites` is `covalent site`. Signs carry meaning: `CD25-` is not
`CD25+`, `PixelCNN` is not `PixelCNN++`, `1.5` is not `15`. Nor is `SARS` the plural of `SAR`.

Where a name occurs in a text is decided in `grounding`, what can be a name in `names`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from relgen_assets.extraction.words import WORD, entity, pieces, without_optional_marks

DASHES = frozenset("-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d")
"""Hyphens, dashes and minus signs."""
_APOSTROPHES = frozenset("'\u2018\u2019\u02bc`\u00b4")
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
_SEPARATORS = frozenset("\u00b7\u2022\u2122\u00ae\u00a9")
_SUSPENDED = frozenset({"and", "or", "to", "und", "et"})
"""Words after which a hyphen is suspended, as in `pre- and post-synaptic`."""
_PRIMES = {"\u2033": "\u2032\u2032", "\u2034": "\u2032\u2032\u2032"}


class Keys(NamedTuple):
    """The words and signs of a text that count for identity, in order.

    Attributes:
        keys: What all spellings of each have in common; never empty.
        starts: Where each begins in the text.
        ends: Where each ends in the text, exclusive.
    """

    keys: list[str]
    starts: list[int]
    ends: list[int]


@lru_cache(maxsize=50_000)
def identity(name: str) -> str:
    """Return the key of a name; equal for all spellings of it and different for other names."""
    return "".join(keys(name).keys)


def keys(text: str) -> Keys:
    """Return the words and signs of `text` that count."""
    found = list(pieces(text))
    counting = Keys([], [], [])
    for number, (piece, start, end) in enumerate(found):
        key = _fold(piece) if piece[0].isalnum() else _key_of_sign(text, found, number)
        if key:
            counting.keys.append(key)
            counting.starts.append(start)
            counting.ends.append(end)
    return counting


def _key_of_sign(text: str, found: Sequence[tuple[str, int, int]], number: int) -> str:
    piece, start, _ = found[number]
    if (meant := entity(piece)) is not None:
        return identity(meant)
    if WORD.match(piece):
        return _fold(piece)
    if piece in DASHES:
        return "-" if _is_sign(found, number) else ""
    if piece in _APOSTROPHES:
        return "\u2032" if _is_prime(text, start) else ""
    return _sign(piece)


def _is_sign(found: Sequence[tuple[str, int, int]], number: int) -> bool:
    """Return whether a dash is a minus or a charge, rather than a hyphen that joins two words."""
    _, start, end = found[number]
    before = found[number - 1] if number else None
    after = found[number + 1] if number + 1 < len(found) else None
    left = before is not None and before[2] == start and before[0] not in _OPENING
    right = after is not None and after[1] == end and after[0] not in _CLOSING
    if before is not None and after is not None and left == right:
        joins_numbers = before[0][-1].isdigit() and after[0][0].isdigit()
        return joins_numbers or (not left and before[0] in _OPENING and after[0] in _CLOSING)
    if left and before is not None:
        # A charge as in `CD25- T cells`, but not `pre- and post-synaptic` or a hyphenated line.
        suspended = after is not None and after[0].casefold() in _SUSPENDED
        looks_charged = any(letter.isupper() or not letter.isalpha() for letter in before[0])
        return looks_charged and not suspended
    # `at -20`, but not `MNIST -VAE`, whose space got lost.
    return after is None or not after[0][0].isalpha()


def _is_prime(text: str, at: int) -> bool:
    """Return whether an apostrophe after a number is a prime, as in `5'-end`."""
    followed_by_letter = at + 1 < len(text) and text[at + 1].isalnum()
    return at > 0 and text[at - 1].isdigit() and not followed_by_letter


@lru_cache(maxsize=1_000)
def _sign(character: str) -> str:
    """Return the key of a sign: its compatibility form, or nothing for formatting characters."""
    if character in _SEPARATORS or unicodedata.category(character) in {"Cf", "Mn", "Me"}:
        return ""
    primes = _PRIMES.get(character)
    return primes or unicodedata.normalize("NFKD", character).casefold()


@lru_cache(maxsize=50_000)
def _fold(word: str) -> str:
    """Return a word without case, accents, compatibility forms and plural ending."""
    bare = without_optional_marks(unicodedata.normalize("NFKD", word))
    return singular(bare).casefold()


def singular(word: str) -> str:
    """Return a word without its plural ending; the last letter of an acronym is none."""
    if word.endswith("s") and word[:-1].isupper() and len(word) > 2:
        return word[:-1]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "ses", "xes", "zes")):
        return word[:-2]
    return word[:-1]
