"""How many requests an endpoint bears at once, learned from overloads, pure."""

from __future__ import annotations


class Capacity:
    """The limit below the slots of a server whose slots together overflow its context.

    Args:
        recovery_answers: Answers in a row after which one more request is allowed again.
    """

    def __init__(self, recovery_answers: int) -> None:
        self._recovery_answers = recovery_answers
        self._limit: int | None = None
        self._answers = 0

    def of(self, slots: int) -> int:
        """Return how many requests a server with this many slots bears at once."""
        return min(slots, self._limit or slots)

    def overloaded(self, slots: int) -> None:
        """Allow one request fewer, but always one."""
        self._limit = max(1, self.of(slots) - 1)
        self._answers = 0

    def answered(self, slots: int) -> bool:
        """Count an answer; returns whether that raised the limit."""
        self._answers += 1
        if self._limit is None or self._answers < self._recovery_answers:
            return False
        self._limit = self._limit + 1 if self._limit + 1 < slots else None
        self._answers = 0
        return True
