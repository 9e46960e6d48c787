"""Whether an answer is a summary: the rules for what stands in the prompt of every chunk.

Loops, refusals, other languages and copies of instructions are told as in extractions.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from relgen_assets.extraction.cleaning import runs_in_a_loop
from relgen_assets.extraction.languages import differs
from relgen_assets.extraction.refusals import is_refusal
from relgen_assets.extraction.sent_prompt import SentPrompt

LEAST_LETTERS: Final = 0.5
"""Share of letters, white space left out, below which an answer is no prose."""
LONGEST_RUN: Final = 12
"""Repetitions of one sign that no prose has."""

_ROLE_MARKER = re.compile(
    r"<\|?/?(?:im_start|im_end|start_of_turn|end_of_turn|eot_id|start_header_id|assistant|user|system"
    r"|endoftext)\|?>|\[/?INST\]|^\s*(?:user|assistant|human|system)\s*:\s",
    re.IGNORECASE | re.MULTILINE,
)
_RUN = re.compile(rf"(\S)\1{{{LONGEST_RUN},}}")


class SummaryFault(StrEnum):
    """Why an answer is no summary; the codes never change their meaning."""

    EMPTY = "empty_answer"
    """Nothing but white space."""
    GARBAGE = "garbage"
    """Signs instead of words, or one sign over and over."""
    ROLE_MARKERS = "role_markers"
    """The model went on with turns of its own."""
    REFUSAL = "refusal"
    """The model refused, apologised or spoke of itself."""
    LOOP = "loop"
    """The model repeated itself."""
    COPIED_INSTRUCTIONS = "copied_instructions"
    """Most of it is copied from the instructions of the prompt."""
    OTHER_LANGUAGE = "other_language"
    """It is in another language or script than the article."""


def summary_fault(text: str, prompt: SentPrompt) -> SummaryFault | None:
    """Return why an answer is no summary, or `None` if it is one.

    Args:
        text: The answer.
        prompt: What was sent; its last question shows the abstract.
    """
    plain = text.strip()
    if not plain:
        return SummaryFault.EMPTY
    if _ROLE_MARKER.search(plain):
        return SummaryFault.ROLE_MARKERS
    signs = [sign for sign in plain if not sign.isspace()]
    letters = sum(sign.isalpha() for sign in signs)
    if letters < LEAST_LETTERS * len(signs) or _RUN.search(plain):
        return SummaryFault.GARBAGE
    asked = next((content for role, content in reversed(prompt.turns) if role == "user"), "")
    if is_refusal(plain) and plain not in asked:
        return SummaryFault.REFUSAL
    if runs_in_a_loop(plain):
        return SummaryFault.LOOP
    if prompt.parts("").instructions.is_copied_in(plain):
        return SummaryFault.COPIED_INSTRUCTIONS
    return SummaryFault.OTHER_LANGUAGE if asked and differs(plain, asked) else None
