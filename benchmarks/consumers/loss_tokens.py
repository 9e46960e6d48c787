"""What of the tokens with a loss belongs to the answer: the count that all consumers share.

Needs nothing but what it is given, so that every consumer's environment can run it.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BEGINNING = 24
"""Characters by which the beginning of an answer is found that is cut off."""
UNTRAINED = -100
"""Label of a token without a loss, in every trainer."""


@dataclass
class Loss:
    """What a trainer takes a loss on.

    Attributes:
        rows: Rows of the dataset.
        kept: Rows that the trainer keeps.
        whole: Rows whose whole answer is trained.
        tokens: Tokens with a loss.
        of_answers: Those of them that belong to an answer, or follow it.
    """

    rows: int = 0
    kept: int = 0
    whole: int = 0
    tokens: int = 0
    of_answers: int = 0

    def add(self, trained: Sequence[int], answer: str, decode: Callable[[Any], str]) -> None:
        """Add a row that the trainer keeps.

        Args:
            trained: Its tokens with a loss.
            answer: What it is to learn.
            decode: Gives the text of tokens.
        """
        self.kept += 1
        self.tokens += len(trained)
        text = decode([*trained])
        start = text.rfind(answer)
        self.whole += start >= 0
        if start < 0:
            start = text.rfind(answer[:_BEGINNING])
        if start >= 0:
            # The token in which the answer begins may hold a line break before it.
            lengths = range(len(trained) + 1)
            before = bisect_left(lengths, start + 1, key=lambda n: len(decode([*trained[:n]]))) - 1
            self.of_answers += len(trained) - before

    def line(self, *cells: str) -> str:
        """Return the figures as a row of a Markdown table."""
        share = self.of_answers / self.tokens if self.tokens else 0.0
        return (
            f"| {' | '.join(cells)} | {self.kept} of {self.rows} | {self.whole / self.rows:.1%}"
            f" | {self.tokens / self.rows:,.0f} | {share:.1%} |"
        )


HEADER = (
    "| consumer | what it reads, settings | rows kept | whole answers | loss tokens a row"
    " | of them answer |\n|---|---|---|---|---|---|"
)


def trained_ids(ids: Iterable[int], labels: Iterable[int]) -> list[int]:
    """Return the tokens with a loss, of a row with labels."""
    return [one for one, label in zip(ids, labels, strict=True) if label != UNTRAINED]


def json_lines(file: Path) -> list[dict[str, Any]]:
    """Return the rows of a file."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
