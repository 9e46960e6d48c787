"""Which summaries the pool may take as outcomes; any other leads to a further content attempt.

Which extractions it may take, and what is asked instead, is in `asking_again`.
"""

from __future__ import annotations

from resources.generation import Generation


def is_summary(generation: Generation) -> bool:
    """Return whether an answer is usable as a summary."""
    return generation.finish_reason != "length" and bool(generation.text.strip())
