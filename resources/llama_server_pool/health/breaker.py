"""The circuit breaker of one endpoint: when to stop using it, and when to try it again. Pure.

It counts only faults of the server: loading, throttling and overlong prompts never reach it. Its
states are in `states`: several faults in a row, or a single fatal one, open it; rediscovery
half-opens it; an answer closes it.
"""

from __future__ import annotations

import random

from resources.llama_server_pool.health.states import HALF_OPEN, Service
from resources.llama_server_pool.policy import DispatchPolicy


class CircuitBreaker:
    """Decides from faults and answers when an endpoint must pause, and for how long.

    Args:
        policy: Threshold and pauses.
        jitter: Source of randomness, so that processes that lost the same server do not all return
            to it at the same moment.
    """

    def __init__(self, policy: DispatchPolicy, jitter: random.Random) -> None:
        self.retry_at = 0.0
        self._faults_in_row = 0
        self._openings = 0
        self._policy = policy
        self._jitter = jitter

    def opens(self, service: Service, now: float, *, fatal: bool) -> bool:
        """Count a fault.

        Args:
            service: The state of the endpoint that failed.
            now: The time, in seconds.
            fatal: Whether this fault alone shows that no request will get through.

        Returns:
            Whether the endpoint must pause until `retry_at`.
        """
        self._faults_in_row += 1
        if service is Service.open:
            # Requests that were running when the breaker opened report the same outage again.
            opens = fatal and now >= self.retry_at
        else:
            too_many = self._faults_in_row >= self._policy.breaker_threshold
            opens = fatal or too_many or service in HALF_OPEN
        if opens:
            self._extend_pause(now)
        return opens

    def answered(self) -> None:
        """Reset the count: the endpoint works."""
        self._faults_in_row = 0
        self._openings = 0

    def _extend_pause(self, now: float) -> None:
        pause = min(
            self._policy.breaker_pause * 2.0**self._openings, self._policy.breaker_pause_limit
        )
        self._openings += 1
        self.retry_at = now + pause * self._jitter.uniform(0.5, 1.0)
