"""How many requests an endpoint can run at once, learned from overloads. Pure."""

from __future__ import annotations


class Capacity:
    """The learned limit on parallel requests; below the slots if they overflow a shared context.

    Args:
        recovery_answers: Answers in a row after which one more request is allowed again.
    """

    def __init__(self, recovery_answers: int) -> None:
        self._recovery_answers = recovery_answers
        self._limit: int | None = None
        self._answers = 0

    def of(self, slots: int) -> int:
        """Return how many requests a server with this many slots can run at once."""
        return min(slots, self._limit or slots)

    def overloaded(self, slots: int) -> None:
        """Allow one request fewer, but never none."""
        self._limit = max(1, self.of(slots) - 1)
        self._answers = 0

    def answered(self, slots: int) -> bool:
        """Count an answer; return whether that raised the limit."""
        self._answers += 1
        if self._limit is None or self._answers < self._recovery_answers:
            return False
        self._limit = self._limit + 1 if self._limit + 1 < slots else None
        self._answers = 0
        return True
