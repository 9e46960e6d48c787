"""What a sentence says, as far as rules over words can tell: its content, its polarity, its voice.

No names are known here and nothing is compared; `evidence` compares the description of a relation
with the sentences of a text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import snowballstemmer

from relgen_assets.extraction.cleaning import word_set

MAX_PREDICATE_WORDS = 4
"""Most words of a description that is a bare predicate, such as "is trained on"."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_LIGHT = word_set(
    """a about above after all also although an and any are as at be because been before being
    below between both but by can could did do does during each either few first for from
    further had has have he her here his how however i if in into is it its may might more most
    much must of on one only or other our out over own same second she should since so some such
    than that the their them then there these they this those three through thus to too two
    under until up us very was we were what when where whether which while who why will with
    within would you your used use uses using via based kind kinds type types part parts form
    forms example examples called known given several many often well thereby hence e g et al
    respectively describes described shows shown show provides provide provided including
    include includes paper article section study work text approach method"""
)
"""Words without content of their own; negations are not among them."""
_NEGATION = re.compile(
    r"\b(?:not|no|never|neither|nor|without|cannot|hardly|rarely|unable|unlikely|none|absence of"
    r"|absent|lacks?|lacking|lacked|fails? to|failed to|failing to|fail to|little evidence)\b"
    r"|n['\u2019]t\b",
    re.IGNORECASE,
)
_NO_NEGATION = re.compile(r"\b(?:not only|no\. ?\d|no doubt|whether or not)\b", re.IGNORECASE)
BACK_REFERENCE = re.compile(
    r"(?:(?:However|Moreover|Furthermore|Thus|Therefore|Hence|Then|Here|In addition),? )?"
    r"(?:It|They|This|These|Those|Such|The (?:latter|former|same|resulting)|Its|Their|Both)\b",
    re.IGNORECASE,
)
"""The opening of a sentence that goes on about the one before."""
COORDINATION = re.compile(
    r"[^.;]{0,20}?(?:,|/|&|\b(?:and|or|nor)\b|\bas well as\b|\bincluding\b|\bsuch as\b)[^.;]{0,20}",
    re.IGNORECASE,
)
"""What stands between two names that are listed together."""
_CAUSAL = word_set("caus induc trigger provok due attribut owe lead led")
"""Stems of words by which one thing is the cause of another."""


class Token(NamedTuple):
    """A word with content of its own.

    Attributes:
        stem: Its stem.
        start: Where it begins in its text.
        end: Where it ends, exclusive.
    """

    stem: str
    start: int
    end: int


@lru_cache(maxsize=20_000)
def content(text: str) -> tuple[Token, ...]:
    """Return the words of `text` that have content of their own."""
    return tuple(
        Token(stem(word.group()), word.start(), word.end())
        for word in _WORD.finditer(text)
        if word.group().casefold() not in _LIGHT and not _NEGATION.fullmatch(word.group())
    )


@lru_cache(maxsize=20_000)
def negations(text: str) -> tuple[tuple[int, int], ...]:
    """Return where a text denies something, as offsets, end exclusive."""
    harmless = [match.span() for match in _NO_NEGATION.finditer(text)]
    return tuple(
        match.span()
        for match in _NEGATION.finditer(text)
        if not any(start <= match.start() < end for start, end in harmless)
    )


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of an English word, by the Snowball algorithm.

    Words that state a cause have one stem, and so have `reduces` and `reduction`.
    """
    folded = word.casefold().replace("\u2019", "'")
    stemmed: Sequence[str] = _stemmer().stemWords([folded])
    one = stemmed[0].removesuffix("t") if stemmed[0].endswith("uct") else stemmed[0]
    return "caus" if one in _CAUSAL else one


@cache
def _stemmer() -> snowballstemmer.EnglishStemmer:
    return snowballstemmer.stemmer("english")
