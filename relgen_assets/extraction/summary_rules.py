"""Whether an answer is a summary: the rules for what stands in the prompt of every chunk.

Loops, refusals, other languages and copies of instructions are told as in extractions.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from relgen_assets.extraction.cleaning import ends, runs_in_a_loop, whole_sentences
from relgen_assets.extraction.languages import differs
from relgen_assets.extraction.refusals import is_refusal
from relgen_assets.extraction.sent_prompt import Passage, SentPrompt

LEAST_LETTERS: Final = 0.5
"""Share of letters, white space left out, below which an answer is no prose."""
LONGEST_RUN: Final = 12
"""Repetitions of one sign that no prose has."""

_ROLE_MARKER = re.compile(
    r"<\|?/?(?:im_start|im_end|start_of_turn|end_of_turn|eot_id|start_header_id|assistant|user|system"
    r"|endoftext)\|?>|\[/?INST\]|^\s*(?:user|assistant|human|system)\s*:\s",
    re.IGNORECASE | re.MULTILINE,
)
_FULL_STOP = re.compile(r"[\u3002\uff01\uff1f\u0964\u06d4]|[.!?\u061f](?=[^\S\n]*\n)")
"""Ends of sentences that no capital letter need follow: of scripts without them, and of lines."""
_LABEL = re.compile(r"^\s*(\w[^\n:]{0,40}:)", re.MULTILINE)
"""What stands before a part of a prompt, such as `Abstract:`."""
_LABELS_OF_A_COPY = 2
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
    COPIED_PROMPT = "copied_prompt"
    """It repeats what the model was asked, with its headings; an abstract alone is a summary."""
    OTHER_LANGUAGE = "other_language"
    """It is in another language or script than the article."""
    TRUNCATED = "truncated"
    """Cut off by the token limit before its first sentence was whole."""


def whole_summary(text: str, finish_reason: str) -> str:
    """Return what stands in prompts: a summary that was cut off ends with its last whole sentence.

    Args:
        text: The answer.
        finish_reason: As reported by the server; `length` if the answer was cut off.
    """
    if finish_reason != "length" or ends(text.strip()):
        return text
    stops = [match.end() for match in _FULL_STOP.finditer(text)]
    other = text[: stops[-1]].strip() if stops else ""
    return max(whole_sentences(text.strip()), other, key=len)


def summary_fault(
    text: str, prompt: SentPrompt, finish_reason: str = "stop"
) -> SummaryFault | None:
    """Return why an answer is no summary, or `None` if it is one.

    Of an answer that was cut off, only the whole sentences count.

    Args:
        text: The answer.
        prompt: What was sent; its last question shows the abstract.
        finish_reason: As reported by the server; `length` if the answer was cut off.
    """
    plain = text.strip()
    if not plain:
        return SummaryFault.EMPTY
    fault = _fault_of(plain, prompt)
    if fault is not None or finish_reason != "length":
        return fault
    whole = whole_summary(plain, finish_reason)
    return _fault_of(whole, prompt) if whole else SummaryFault.TRUNCATED


def _fault_of(plain: str, prompt: SentPrompt) -> SummaryFault | None:
    """Return the fault of an answer that is not blank."""
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
    if _repeats(plain, asked):
        return SummaryFault.COPIED_PROMPT
    return SummaryFault.OTHER_LANGUAGE if asked and differs(plain, asked) else None


def _repeats(plain: str, asked: str) -> bool:
    """Return whether an answer holds the whole question, or its first heading and another."""
    if not asked:
        return False
    headings = [label.casefold() for label in _LABEL.findall(asked)]
    repeated = {label.casefold() for label in _LABEL.findall(plain)}.intersection(headings)
    # Abstracts have headings as well, but the first one is of the prompt.
    framed = len(repeated) >= _LABELS_OF_A_COPY and headings[0] in repeated
    return framed or Passage(plain).holds(asked)
