"""What an answer about a chunk may choose from, and the JSON schema that restricts it to that."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from relgen_assets.extraction import (
    Quote,
    extraction_schema,
    quote_schema,
    quotes,
    relations_schema,
)
from relgen_assets.extraction.languages import is_english
from relgen_assets.generation.first_pass import FirstPass
from relgen_assets.generation.not_asked import NO_CANDIDATES, NO_QUOTES
from relgen_assets.rows.models import Mode
from relgen_assets.rows.type_scheme import UNTYPED, TypeScheme
from relgen_assets.settings import AnswerBounds, ExtractionSettings
from relgen_assets.text.candidates import candidate_terms

TAGGED: Final[frozenset[Mode]] = frozenset({"candidates", "quote"})
"""The modes whose terms are found by the tagger."""
QUOTED_TERMS = 200
"""Most terms of a chunk between which quotes are looked for."""


class Choice(NamedTuple):
    """What an answer about a chunk may choose from; nothing in mode `schema`.

    Attributes:
        refusal: Why there is nothing to choose from, if the mode needs it.
    """

    terms: list[str]
    quotes: list[Quote]
    refusal: str | None


def mode_of(text: str, mode: Mode) -> Mode:
    """Return the mode in which a chunk can be asked about.

    The terms of the modes `candidates` and `quote` are found by a tagger of English; a chunk in
    another language is asked about in mode `schema`.
    """
    return "schema" if mode in TAGGED and not is_english(text) else mode


def choice_of(
    text: str, mode: Mode, settings: ExtractionSettings, first: FirstPass | None
) -> Choice:
    """Return what an answer about a chunk may choose from.

    Args:
        text: The chunk.
        mode: How the answer is constrained.
        settings: How much there may be to choose from.
        first: What the first of two passes made of the chunk.
    """
    if mode == "two_pass" and first is not None:
        return Choice(first.names, [], first.failure.reason if first.failure else None)
    if mode == "candidates":
        terms = candidate_terms(text, settings.max_candidates)
        # A relation needs two entities.
        return Choice(terms, [], NO_CANDIDATES if len(terms) < 2 else None)
    if mode == "quote":
        found = quotes(text, candidate_terms(text, QUOTED_TERMS), settings.max_candidates)
        named = dict.fromkeys(term for one in found for term in (one.source, one.target))
        return Choice(list(named), found, None if found else NO_QUOTES)
    return Choice([], [], None)


def answer_schema(
    choice: Choice,
    mode: Mode,
    bounds: AnswerBounds,
    *,
    quote_evidence: bool,
    scheme: TypeScheme = UNTYPED,
) -> dict[str, Any]:
    """Return the JSON schema of an answer that is restricted to a choice.

    Args:
        choice: What it may choose from.
        mode: How it is constrained.
        bounds: How much it may hold.
        quote_evidence: Whether it quotes the chunk for each relation.
        scheme: The types of entities and relations, where the mode asks for types.
    """
    limits = {"max_entities": bounds.entities, "max_relations": bounds.relations}
    if mode == "two_pass" and choice.terms:
        return relations_schema(choice.terms, scheme=scheme, **limits)
    if choice.quotes:
        return quote_schema(choice.quotes, **limits)
    return extraction_schema(
        candidates=choice.terms, quote_evidence=quote_evidence, scheme=scheme, **limits
    )
