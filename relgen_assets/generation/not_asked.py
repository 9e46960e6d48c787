"""Why a chunk is not asked about: the reason codes of requests that are not made."""

from __future__ import annotations

NO_SUMMARY = "no_summary"
"""The article has no summary, which the request needs."""
NO_CANDIDATES = "no_candidates"
"""The chunk has fewer than two candidate terms, and a relation needs two entities."""
NO_TAGGER = "no_tagger"
"""The chunk is not in English, the only language whose words can be tagged; the modes `candidates`
and `quote` need tags, and `extractions.other_languages` is `refuse`."""
NO_QUOTES = "no_quotes"
"""No sentence of the chunk states plainly how one term acts on another. Other sentences may relate
terms, so this is no answer that says nothing, and no such row is made of it."""
