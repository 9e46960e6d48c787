"""Reads the answer of the first of two passes: a list of names, grounded as the judge grounds them.

What is kept becomes the only names of the second pass.
"""

from __future__ import annotations

from relgen_assets.extraction.evidence import EvidenceText
from relgen_assets.extraction.leaks import Leaks
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.reading import listed
from relgen_assets.extraction.salvage import salvage
from relgen_assets.extraction.sent_prompt import NO_PROMPT
from relgen_assets.extraction.shape import drafts

_BREAKS_A_GRAMMAR = frozenset('"\\')
"""Signs that servers do not take literally in the choices of a schema."""


def grounded_names(answer: str, text: str, limit: int, policy: JudgingPolicy) -> list[str]:
    """Return the names of an answer that the text has, in its spelling, each once.

    Never raises, whatever the answer. Of several lists in one answer, the longest is taken.

    Args:
        answer: The raw answer of a model.
        text: The chunk it is about.
        limit: Most names.
        policy: Which misspelled names are taken for those of the text. Names that it would only
            mark are left out: there is nothing to say about them.
    """
    prepared = EvidenceText(text)
    leaks = Leaks(text, prepared.grounded, NO_PROMPT)
    lists = [
        listed(draft, prepared, leaks, policy)
        for one in salvage(answer)
        for draft in drafts(one.value)
    ]
    longest = max(lists, key=len, default=[])
    return [name for name in longest if not _BREAKS_A_GRAMMAR & set(name)][:limit]
