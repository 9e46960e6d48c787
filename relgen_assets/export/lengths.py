"""How long training rows are, in tokens: what a trainer's `max_length` has to be, and what it cuts.

Lengths are those of the texts of prompt and extraction. What a chat template adds is allowed for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pydantic import BaseModel

from relgen_assets.export.examples import FullExample
from relgen_assets.export.parts import relations_in_parts
from relgen_assets.export.shaping import TEMPLATE_TOKENS

LIMITS: Final = (1_024, 2_048, 4_096)
"""Values of `max_length` that trainers have by default, or that people choose."""
_STEP: Final = 64
_NO_SUMS: Final = {"longest", "cut"}


class Lengths(BaseModel):
    """The lengths of training rows, and what became of examples that are too long for one.

    Attributes:
        rows: Training rows.
        too_long: Examples over the budget, which are only in `full`.
        overlapping: Examples that overlap with an evaluation set, which are only in `full`.
        rechunked: Examples over the budget that are shown in parts.
        part_rows: Training rows of these; they are among `rows`.
        lost_relations: Relations of these that no part states.
        longest: Tokens of the longest training row.
        prompt_tokens: Tokens of all prompts.
        answer_tokens: Tokens of all extractions.
        cut: Training rows that are not whole under each of `LIMITS`.
    """

    rows: int = 0
    too_long: int = 0
    overlapping: int = 0
    rechunked: int = 0
    part_rows: int = 0
    lost_relations: int = 0
    longest: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0
    cut: dict[int, int] = dict.fromkeys(LIMITS, 0)

    def __add__(self, other: Lengths) -> Lengths:
        mine, others = self.model_dump(exclude=_NO_SUMS), other.model_dump(exclude=_NO_SUMS)
        return Lengths(
            **{name: value + others[name] for name, value in mine.items()},
            longest=max(self.longest, other.longest),
            cut={limit: self.cut[limit] + other.cut[limit] for limit in LIMITS},
        )

    @property
    def only_in_full(self) -> int:
        """Examples that are in no other config."""
        return self.too_long + self.overlapping

    @property
    def max_length(self) -> int:
        """The smallest `max_length`, in steps of 64, that keeps every training row whole."""
        return -(-(self.longest + TEMPLATE_TOKENS) // _STEP) * _STEP


def measure(examples: Sequence[FullExample]) -> Lengths:
    """Return the lengths of the training rows of examples."""
    parts = [part for example in examples for part in example.parts]
    rechunked = [one for one in examples if one.parts and not _is_whole(one)]
    lengths = [part.row_tokens for part in parts]
    overlapping = sum(bool(example.overlaps) for example in examples)
    return Lengths(
        rows=len(parts),
        too_long=sum(not example.parts for example in examples) - overlapping,
        overlapping=overlapping,
        rechunked=len(rechunked),
        part_rows=sum(len(example.parts) for example in rechunked),
        lost_relations=sum(len(one.relations) - relations_in_parts(one) for one in rechunked),
        longest=max(lengths, default=0),
        prompt_tokens=sum(part.prompt_tokens for part in parts),
        answer_tokens=sum(part.answer_tokens for part in parts),
        cut={
            limit: sum(length + TEMPLATE_TOKENS > limit for length in lengths) for limit in LIMITS
        },
    )


def _is_whole(example: FullExample) -> bool:
    return [(part.start, part.end) for part in example.parts] == [(0, len(example.chunk))]


def total(lengths: Iterable[Lengths]) -> Lengths:
    """Return the lengths of all rows."""
    return sum(lengths, Lengths())
