"""What a text states by itself: sentences that relate two terms, as quotes a model chooses from.

A model that is too small to write about a text can still choose. Each quote holds together by
construction: the judge finds its evidence in the text, because it is taken from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from relgen_assets.extraction.clauses import clauses
from relgen_assets.extraction.cleaning import ends, without_citations
from relgen_assets.extraction.evidence import EvidenceText
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.names import has_mask
from relgen_assets.extraction.statements import BACK_REFERENCE
from relgen_assets.extraction.verbs import is_fragment

MIN_CHARACTERS = 30
MAX_CHARACTERS = 240
"""Bounds of a sentence that is quoted."""
MAX_OF_A_SENTENCE = 2
"""Most quotes of one sentence, so that a long list of terms does not crowd out the others."""
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
        terms: Terms of the text, most important first; what names one of them goes first.
        limit: Most quotes.
    """
    prepared = EvidenceText(text)
    ranks = {identity(term): rank for rank, term in reversed(list(enumerate(terms)))}
    found: list[tuple[int, int, Quote]] = []
    for number, sentence in enumerate(_quotable(prepared.sentences)):
        stated = list(_stated(prepared, sentence))
        for quote in stated[:MAX_OF_A_SENTENCE]:
            rank = _rank(quote.source, ranks) + _rank(quote.target, ranks)
            found.append((rank, number, quote))
    best = sorted(found, key=lambda one: one[:2])[:limit]
    return [quote for _, _, quote in sorted(best, key=lambda one: (one[1], one[0]))]


def _rank(name: str, ranks: Mapping[str, int]) -> int:
    """Return the rank of the most important term that a name consists of or ends in."""
    words = name.split()
    ends_of_it = (identity(" ".join(words[start:])) for start in range(len(words)))
    return min((ranks[key] for key in ends_of_it if key in ranks), default=len(ranks))


def _quotable(sentences: Iterable[str]) -> Iterator[str]:
    """Yield the sentences that can stand alone, without citations."""
    for sentence in sentences:
        bare = without_citations(sentence)
        if (
            MIN_CHARACTERS <= len(bare) <= MAX_CHARACTERS
            and (bare[0].isupper() or bare[0].isdigit())
            and ends(bare)
            and not is_fragment(bare)
            and not has_mask(bare)
            and not BACK_REFERENCE.match(bare)
            and not _BREAKS_JSON & set(bare)
            and not _LEFT_BEHIND.search(bare)
        ):
            yield bare


def _stated(text: EvidenceText, sentence: str) -> Iterator[Quote]:
    """Yield what a sentence states of its subject, as far as the text bears it out."""
    for clause in clauses(sentence):
        source, target = (
            _inside_a_sentence(text, sentence[slice(*span)])
            for span in (clause.source, clause.target)
        )
        if identity(source) != identity(target):
            finding = text.examine(sentence, [source], [target])
            if finding.fault is None:
                yield Quote(sentence, source, target)


def _inside_a_sentence(text: EvidenceText, name: str) -> str:
    """Return a name without the capital of the sentence it begins, if the text also has it so."""
    small = name[:1].lower() + name[1:]
    return small if text.grounded.contains(small) else name
