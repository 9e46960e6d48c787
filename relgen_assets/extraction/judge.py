"""The verdict on one answer: a usable extraction, or the reason why there is none.

The steps are salvage, shape, and for every extraction found the reading against the text; each
notes the repairs it makes. The reading that keeps most is taken. An answer that needed no repair is
`valid`. Every accepted extraction satisfies four rules: its entities occur in the text, the
entities of its relations are in the list, the text states its relations, and judging it again
changes nothing. A policy may keep what breaks the first or third rule, marked (`policy`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from relgen_assets.extraction.cleaning import runs_in_a_loop
from relgen_assets.extraction.codes import RejectionReason
from relgen_assets.extraction.draft import Draft, joined
from relgen_assets.extraction.evidence import EvidenceText
from relgen_assets.extraction.judgement import Judgement, Verdict, rejected
from relgen_assets.extraction.leaks import LEAK_REASONS, Leaks
from relgen_assets.extraction.policy import DEFAULT_POLICY, JudgingPolicy
from relgen_assets.extraction.reading import read
from relgen_assets.extraction.refusals import is_refusal
from relgen_assets.extraction.salvage import Salvaged, salvage
from relgen_assets.extraction.sent_prompt import NO_PROMPT, SentPrompt
from relgen_assets.extraction.shape import drafts

__all__ = ["JUDGEMENTS_KEPT", "Judgement", "Verdict", "judge"]

MAX_ALTERNATIVES = 8
"""Most extractions of one answer that are read."""
_CAUSES = LEAK_REASONS | {RejectionReason.ABSENT_NAMES.value}
"""Reasons that are causes already, also of an answer that was cut off."""
_SAYS_NOTHING = frozenset({RejectionReason.NO_DESCRIPTION, RejectionReason.NO_ENTITIES})
LOOKED_AT = 2_000
"""Characters of an answer without an extraction that are looked at for what it is instead."""
JUDGEMENTS_KEPT = 4_096
"""An answer is judged when it arrives and again when the verdicts of its batch are written, so the
judgements of a batch are kept meanwhile, and with them the texts they are about."""
TEXTS_KEPT = 64
"""Texts that are kept prepared: an answer and its corrections are judged one after the other."""


@lru_cache(JUDGEMENTS_KEPT)
def judge(
    answer: str,
    text: str,
    *,
    finish_reason: str = "stop",
    prompt: SentPrompt = NO_PROMPT,
    policy: JudgingPolicy = DEFAULT_POLICY,
) -> Judgement:
    """Return the verdict on an answer about a text; never raises, whatever the answer.

    Args:
        answer: The raw answer of a model.
        text: The chunk the answer is about.
        finish_reason: As reported by the server; `length` if the answer was cut off.
        prompt: What was sent, of which an answer must not consist.
        policy: What happens to what the text does not say.
    """
    if not answer.strip():
        return rejected(RejectionReason.EMPTY_ANSWER)
    salvaged = salvage(answer)
    prepared = _prepared(text)
    leaks = Leaks(text, prepared.grounded, prompt)
    readings = [
        read(draft, prepared, leaks, policy, cut_off=finish_reason == "length")
        for draft in _alternatives(salvaged, policy)
    ]
    best = max(readings, key=lambda one: one.worth, default=None) or _unread(
        salvaged, answer, leaks
    )
    if best.reason in _SAYS_NOTHING and is_refusal(answer.partition("{")[0]):
        best = replace(best, reason=RejectionReason.REFUSAL.value)
    return best if best.extraction is not None else _with_cause(best, answer, finish_reason)


def _unread(salvaged: Sequence[Salvaged], answer: str, leaks: Leaks) -> Judgement:
    """Return why an answer holds no extraction: what it says instead, if that is known."""
    values = [one.value for one in salvaged if isinstance(one.value, dict)]
    said = " ".join(text for value in values for text in _strings(value)) if values else answer
    leak = leaks.in_passage(said[:LOOKED_AT])
    if leak is not None:
        return rejected(leak.reason)
    if runs_in_a_loop(said[:LOOKED_AT]):
        return rejected(RejectionReason.LOOP)
    return rejected(RejectionReason.WRONG_SHAPE if values else RejectionReason.NOT_JSON)


def _strings(value: Any) -> Iterator[str]:
    """Yield the strings in the values of a JSON value, however deep; its depth is bounded."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


@lru_cache(TEXTS_KEPT)
def _prepared(text: str) -> EvidenceText:
    """Return a text prepared for questions, which several answers about one chunk share."""
    return EvidenceText(text)


def _alternatives(salvaged: Sequence[Salvaged], policy: JudgingPolicy) -> list[Draft]:
    """Return what an answer may mean: each of its extractions, and its parts put together.

    The last one comes first, because an answer that corrects itself does so at its end.
    """
    found = [
        replace(draft, repairs=(*one.repairs, *draft.repairs))
        for one in salvaged
        for draft in drafts(one.value, policy)
    ][:MAX_ALTERNATIVES]
    parts = [draft for draft in found if draft.is_partial]
    together = [joined(parts)] if len(parts) > 1 else []
    return [*reversed(found), *together]


def _with_cause(judged: Judgement, answer: str, finish_reason: str) -> Judgement:
    """Return a rejection with its cause instead of its symptom, if the cause is known."""
    if finish_reason != "length" or judged.reason in _CAUSES:
        return judged
    cause = RejectionReason.LOOP if runs_in_a_loop(answer) else RejectionReason.TRUNCATED
    return replace(judged, reason=cause.value)
