"""The circuit breaker of one endpoint, pure: whether it may be used, and when to try again.

It counts only what is the server's fault. Loading, throttling and prompts that are too long are
not faults of the server and never reach it. Probing is the business of the dispatcher.

    closed ──several faults in a row, or one that nothing can follow──▶ open
    open ──pause is over and a health probe succeeds──▶ half-open (one slot)
    half-open ──answer──▶ closed;  half-open ──fault──▶ open, with a longer pause
"""

from __future__ import annotations

import random
from enum import Enum

from resources.llama_server_pool.policy import DispatchPolicy


class BreakerState(str, Enum):
    """Whether the endpoint gets requests."""

    closed = "closed"
    """It gets as many as it has slots."""
    open = "open"
    """It gets none until its pause is over."""
    half_open = "half_open"
    """It gets one, to see."""


class CircuitBreaker:
    """Decides from faults and answers whether one endpoint is to be used.

    Args:
        policy: Threshold and pauses.
        jitter: Source of randomness, so that processes that lost a server together do not all
            return to it in the same moment.
    """

    def __init__(self, policy: DispatchPolicy, jitter: random.Random) -> None:
        self.state = BreakerState.closed
        self.faults_in_row = 0
        self.retry_at = 0.0
        self._openings = 0
        self._policy = policy
        self._jitter = jitter

    def fault(self, now: float, *, fatal: bool = False) -> None:
        """Count a fault; `fatal` ones (nobody listens) open the breaker at once."""
        self.faults_in_row += 1
        if self.state is BreakerState.open:
            # A request that was running when the breaker opened: the same outage, told again.
            if fatal and now >= self.retry_at:
                self._open(now)
        elif (
            fatal
            or self.state is BreakerState.half_open
            or self.faults_in_row >= self._policy.breaker_threshold
        ):
            self._open(now)

    def trial(self) -> None:
        """The pause is over and the server says that it is well: let one request through."""
        if self.state is BreakerState.open:
            self.state = BreakerState.half_open

    def success(self) -> None:
        """An answer arrived."""
        self.state = BreakerState.closed
        self.faults_in_row = 0
        self._openings = 0

    def _open(self, now: float) -> None:
        pause = min(
            self._policy.breaker_pause * 2.0**self._openings, self._policy.breaker_pause_limit
        )
        self._openings += 1
        self.state = BreakerState.open
        self.retry_at = now + pause * self._jitter.uniform(0.5, 1.0)
