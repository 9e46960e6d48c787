"""Whether a row may be published: the licence of its article and the terms of its models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relgen_assets.rights.licences import Use, licence_of
from relgen_assets.rights.model_terms import ModelTerms, terms_of


@dataclass(frozen=True, slots=True)
class Policy:
    """What a project publishes besides what is plainly allowed.

    Attributes:
        unknown: Rows whose licence or whose model's terms are unknown.
        not_commercial: Rows under licences for uses that are not commercial.
        own_terms: The project's own terms of models as (part of the name, terms).
    """

    unknown: bool = False
    not_commercial: bool = False
    own_terms: tuple[tuple[str, ModelTerms], ...] = ()


EVERYTHING_KNOWN: Final = Policy()
"""Publishes what is plainly allowed, and nothing else."""


@dataclass(frozen=True, slots=True)
class Publishability:
    """Whether a row may be published.

    Attributes:
        allowed: Whether it may.
        reason: Why, in a few words that are the same for all rows of a kind.
    """

    allowed: bool
    reason: str


def publishability(licence: str, models: Sequence[str], policy: Policy) -> Publishability:
    """Return whether a row may be published, and why.

    Args:
        licence: What the source names as the licence of the article; may be empty.
        models: Models that wrote parts of the row.
        policy: What the project has decided.
    """
    known = licence_of(licence)
    if known.use is Use.FORBIDDEN:
        return Publishability(False, f"licence {known.id} allows no changed copies")
    if known.use is Use.NOT_COMMERCIAL and not policy.not_commercial:
        return Publishability(False, f"licence {known.id} allows no commercial use")
    if known.use is Use.UNKNOWN and not policy.unknown:
        return Publishability(False, "the licence of the article is unknown")
    for model in models:
        terms = terms_of(model, policy.own_terms)
        if terms.outputs == "restricted":
            return Publishability(False, f"{terms.terms}: {terms.note or 'restricted'}")
        if terms.outputs == "unknown" and not policy.unknown:
            return Publishability(False, "the terms of the model are unknown")
    if known.use is Use.UNKNOWN:
        return Publishability(True, "the licence is unknown; the project publishes such rows")
    return Publishability(True, f"licence {known.id} allows it")
