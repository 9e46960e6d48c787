"""Why a chunk is not asked about: the reason codes of requests that are not made."""

from __future__ import annotations

NO_SUMMARY = "no_summary"
"""The article has no summary, which the request needs."""
NO_CANDIDATES = "no_candidates"
"""The chunk has fewer than two candidate terms, and a relation needs two entities."""
NO_QUOTES = "no_quotes"
"""No sentence of the chunk states plainly how one term acts on another. Other sentences may relate
terms, so this is no answer that says nothing, and no such row is made of it."""
