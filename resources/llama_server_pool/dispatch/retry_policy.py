"""When a request is retried after a server fault: the retry budget, and the retries that wait.

Whether it is retried at all is decided in `decisions`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from resources.llama_server_pool.dispatch.ticket import Ticket
from resources.llama_server_pool.policy import DispatchPolicy

_LONGEST_DEBT = 30
"""Number of retries over budget at which the pause stops growing."""


class RetryBudget:
    """A token bucket that spaces retries out when many requests fail at once.

    It keeps a batch from hammering struggling servers.

    Args:
        policy: Size, refill and pause.
        jitter: Source of randomness for the pauses.
    """

    def __init__(self, policy: DispatchPolicy, jitter: random.Random) -> None:
        self._policy = policy
        self._jitter = jitter
        self._left = policy.retry_budget
        self._debt = 0

    def earn(self) -> None:
        """Refill the budget a little, because an answer arrived."""
        self._left = min(self._policy.retry_budget, self._left + self._policy.retry_refill)
        self._debt = 0

    def pause(self) -> float:
        """Return how long the next retry has to wait, in seconds, with jitter."""
        if self._left >= 1:
            return self._policy.retry_jitter * self._jitter.random()
        pause = self._policy.retry_pause * min(self._debt + 1, _LONGEST_DEBT)
        return pause * self._jitter.uniform(0.5, 1.5)

    def spend(self) -> None:
        """Charge one retry to the budget, which may go negative."""
        if self._left >= 1:
            self._left -= 1
        else:
            self._debt += 1


class DelayedRetries:
    """The requests of one batch that wait for a retry, outside the scheduler.

    Args:
        due: Called with each request when its retry is due.
    """

    def __init__(self, due: Callable[[Ticket], None]) -> None:
        self._due = due
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._timers)

    def add(self, ticket: Ticket, seconds: float) -> None:
        """Delay a request; ignored once the batch has ended, since the scheduler outlives it."""
        if not self._closed:
            loop = asyncio.get_running_loop()
            self._timers[ticket.id] = loop.call_later(seconds, self._resume, ticket)

    def close(self) -> None:
        """Drop all waiting retries and accept no more."""
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _resume(self, ticket: Ticket) -> None:
        del self._timers[ticket.id]
        self._due(ticket)
