"""How long training rows are, in tokens: what a trainer's `max_length` has to be, and what it cuts.

Lengths are those of the texts of prompt and extraction. What a chat template adds is allowed for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from pydantic import BaseModel

from relgen_assets.export.examples import FullExample
from relgen_assets.export.shaping import TEMPLATE_TOKENS

LIMITS: Final = (1_024, 2_048, 4_096)
"""Values of `max_length` that trainers have by default, or that people choose."""
_STEP: Final = 64


class Lengths(BaseModel):
    """The lengths of training rows; they can be added.

    Attributes:
        rows: Training rows: examples within the budget.
        too_long: Examples over the budget, which are only in `full`.
        longest: Tokens of the longest training row.
        prompt_tokens: Tokens of all prompts.
        answer_tokens: Tokens of all extractions.
        cut: Training rows that are not whole under each of `LIMITS`.
    """

    rows: int = 0
    too_long: int = 0
    longest: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    cut: dict[int, int] = dict.fromkeys(LIMITS, 0)

    def __add__(self, other: Lengths) -> Lengths:
        return Lengths(
            rows=self.rows + other.rows,
            too_long=self.too_long + other.too_long,
            longest=max(self.longest, other.longest),
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            answer_tokens=self.answer_tokens + other.answer_tokens,
            cut={limit: self.cut[limit] + other.cut[limit] for limit in LIMITS},
        )

    @property
    def max_length(self) -> int:
        """The smallest `max_length`, in steps of 64, that keeps every training row whole."""
        return -(-(self.longest + TEMPLATE_TOKENS) // _STEP) * _STEP


def measure(examples: Sequence[FullExample], is_within: Callable[[FullExample], bool]) -> Lengths:
    """Return the lengths of the training rows of examples.

    Args:
        examples: Complete examples.
        is_within: Whether an example is within the budget.
    """
    kept = [example for example in examples if is_within(example)]
    lengths = [example.student_tokens for example in kept]
    return Lengths(
        rows=len(kept),
        too_long=len(examples) - len(kept),
        longest=max(lengths, default=0),
        prompt_tokens=sum(example.student_prompt_tokens for example in kept),
        answer_tokens=sum(example.student_answer_tokens for example in kept),
        cut={
            limit: sum(length + TEMPLATE_TOKENS > limit for length in lengths) for limit in LIMITS
        },
    )


def total(lengths: Iterable[Lengths]) -> Lengths:
    """Return the lengths of all rows."""
    return sum(lengths, Lengths())
