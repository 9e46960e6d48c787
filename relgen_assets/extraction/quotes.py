"""What a text states by itself: sentences that relate two terms, as quotes a model chooses from.

A model that is too small to write about a text can still choose. Each quote holds together by
construction: the judge finds its evidence in the text, because it is taken from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from relgen_assets.extraction.cleaning import ends, without_citations
from relgen_assets.extraction.evidence import EvidenceText
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.names import has_mask
from relgen_assets.extraction.statements import BACK_REFERENCE, negations
from relgen_assets.extraction.verbs import has_verb, is_fragment

MIN_CHARACTERS = 30
MAX_CHARACTERS = 240
"""Bounds of a sentence that is quoted."""
MAX_OF_A_SENTENCE = 2
"""Most quotes of one sentence, so that a long list of terms does not crowd out the others."""
MAX_WORDS_BEFORE = 8
MAX_WORDS_BETWEEN = 10
"""Most words before the first of two related terms, and between the two."""
_LEFT_BEHIND = re.compile(r"\b(?:in|by|of|from|see|with|and|to|as|for)[,.;:]", re.IGNORECASE)
"""What a citation leaves behind that was part of its sentence: "In @xcite , …"."""
_BREAKS_JSON = frozenset('"\\')


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a text and the two terms that it relates, in the direction that it states."""

    sentence: str
    source: str
    target: str


def quotes(text: str, terms: Sequence[str], limit: int) -> list[Quote]:
    """Return up to `limit` quotes of a text, in the order of the text.

    Args:
        text: The text.
        terms: The terms that may be related, as the text spells them, most important first.
        limit: Most quotes.
    """
    prepared = EvidenceText(text)
    found: list[tuple[int, int, Quote]] = []
    for number, sentence in enumerate(_quotable(prepared.sentences)):
        stated = list(_stated(prepared, sentence, terms))
        for source, target in stated[:MAX_OF_A_SENTENCE]:
            rank = terms.index(source) + terms.index(target)
            found.append((rank, number, Quote(sentence, source, target)))
    best = sorted(found, key=lambda one: one[:2])[:limit]
    return [quote for _, _, quote in sorted(best, key=lambda one: (one[1], one[0]))]


def _quotable(sentences: Iterable[str]) -> Iterator[str]:
    """Yield the sentences that can stand alone, without citations."""
    for sentence in sentences:
        bare = without_citations(sentence)
        if (
            MIN_CHARACTERS <= len(bare) <= MAX_CHARACTERS
            and (bare[0].isupper() or bare[0].isdigit())
            and ends(bare)
            and has_verb(bare)
            and not is_fragment(bare)
            and not has_mask(bare)
            and not BACK_REFERENCE.match(bare)
            and not _BREAKS_JSON & set(bare)
            and not _LEFT_BEHIND.search(bare)
        ):
            yield bare


def _stated(text: EvidenceText, sentence: str, terms: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of terms that a sentence relates as subject and object of its first verb."""
    grounded = GroundedText(sentence)
    held = {term: spans[0] for term in terms if (spans := grounded.mentions(term))}
    pairs = [
        (source, target)
        for source, target in permutations(held, 2)
        if _joined_by_a_verb(sentence, held[source], held[target])
    ]
    # The name next to the verb is its object; what follows says where, when or how.
    for source, target in sorted(pairs, key=lambda pair: _apart(held[pair[0]], held[pair[1]])):
        finding = text.examine(sentence, [source], [target])
        if finding.fault is None and finding.is_directed:
            yield source, target


def _apart(one: tuple[int, int], other: tuple[int, int]) -> int:
    first, second = sorted((one, other))
    return second[0] - first[1]


def _joined_by_a_verb(sentence: str, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Return whether the first verb of a sentence joins two names near it, and is not negated."""
    first, second = sorted((one, other))
    before, between = sentence[: first[0]], sentence[first[1] : second[0]]
    return (
        len(before.split()) <= MAX_WORDS_BEFORE
        and 0 < len(between.split()) <= MAX_WORDS_BETWEEN
        and not has_verb(before)
        and has_verb(between)
        and not set(",;:()") & set(between)
        and not negations(between)
    )
