"""What asking again has gained: usable answers before and after, by the reason that led to it.

Counted from stored rows, so that a run that found every answer in the ledger counts the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Yield:
    """How many chunks have a usable answer, and since which attempt.

    Attributes:
        first: Chunks whose first answer was usable.
        later: Chunks with a usable answer of a later attempt.
        asked: Chunks that were asked about again, by reason; each once for each of its reasons.
        gained: How many of these have a usable answer now, by reason.
    """

    first: int = 0
    later: int = 0
    asked: Counter[str] = field(default_factory=Counter[str])
    gained: Counter[str] = field(default_factory=Counter[str])

    def add(self, earlier_reasons: Iterable[str], *, usable: bool) -> None:
        """Count one chunk.

        Args:
            earlier_reasons: Why its earlier answers were not usable.
            usable: Whether its last one is.
        """
        reasons = set(earlier_reasons)
        self.asked.update(reasons)
        if usable:
            self.gained.update(reasons)
            self.later += bool(reasons)
            self.first += not reasons

    def by_reason(self) -> dict[str, str]:
        """Return, for each reason, how many chunks gained a usable answer: `3 of 5`.

        The most frequent reason comes first, equal ones in alphabetical order.
        """
        return {
            reason: f"{self.gained[reason]:,} of {count:,}"
            for reason, count in sorted(self.asked.items(), key=lambda one: (-one[1], one[0]))
        }
