"""Which summaries the pool may take as outcomes; any other leads to a further content attempt.

Which extractions it may take, and what is asked instead, is in `asking_again`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from relgen_assets.extraction.sent_prompt import SentPrompt
from relgen_assets.extraction.summary_rules import SummaryFault, summary_fault
from resources.generation import Generation, GenerationRequest, Judge, Message, Verdict


def summary_judge(requests: Iterable[GenerationRequest]) -> Judge:
    """Return what judges the answers to requests for summaries.

    Args:
        requests: The first request for each summary; further ones have the same messages.
    """
    sent = {request.subject: request.messages for request in requests}

    def verdict(answer: Generation) -> Verdict:
        fault = fault_of_summary(answer.text, sent[answer.subject])
        return Verdict(usable=fault is None, reason=fault.value if fault else "")

    return verdict


def fault_of_summary(text: str, messages: Sequence[Message]) -> SummaryFault | None:
    """Return why an answer is no summary, or `None` if it is one."""
    return summary_fault(text, SentPrompt(tuple((one["role"], one["content"]) for one in messages)))
