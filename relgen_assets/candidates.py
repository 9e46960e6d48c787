"""Candidate terms of a chunk: the names an entity may have when a small model answers.

The terms come from YAKE's statistics over the chunk alone; this module keeps those that can name
something. Whether a name occurs in a text is decided in `relgen_assets.extraction.grounding`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from relgen_assets.extraction.grounding import GroundedText, entity_key, is_name

if TYPE_CHECKING:
    import yake

_WORDS_PER_TERM = 3
_OFFERED = 4
"""Terms asked of the keyword library, per term wanted: many are variants of each other."""


def candidate_terms(text: str, limit: int) -> list[str]:
    """Return up to `limit` terms that occur in `text`, spelled as there, most important first."""
    if limit < 1:
        return []
    grounded = GroundedText(text)
    terms: list[str] = []
    keys: list[str] = []
    for term, _score in _extractor(limit * _OFFERED).extract_keywords(text):
        if not is_name(term) or not grounded.contains(term):
            continue
        key = entity_key(term)
        if any(key in known or known in key for known in keys):
            continue
        terms.append(term)
        keys.append(key)
        if len(terms) == limit:
            break
    return terms


@cache
def _extractor(top: int) -> yake.KeywordExtractor:
    import yake  # half a second, which loading the definitions must not pay

    # Similar terms are told apart above: YAKE's own comparison doubles the time of a chunk.
    return yake.KeywordExtractor(lan="en", n=_WORDS_PER_TERM, dedup_lim=1.0, top=top)
