"""Which answers are summaries; what is asked instead of any other is in `summary_asking`.

Which extractions are taken, and what is asked instead, is in `asking_again`.
"""

from __future__ import annotations

from collections.abc import Sequence

from relgen_assets.extraction.sent_prompt import SentPrompt
from relgen_assets.extraction.summary_rules import SummaryFault, summary_fault
from resources.generation import Message


def fault_of_summary(
    text: str, messages: Sequence[Message], finish_reason: str
) -> SummaryFault | None:
    """Return why an answer is no summary, or `None` if it is one.

    Args:
        text: The answer.
        messages: What was sent.
        finish_reason: As reported by the server; `length` if the answer was cut off.
    """
    prompt = SentPrompt(tuple((one["role"], one["content"]) for one in messages))
    return summary_fault(text, prompt, finish_reason)
