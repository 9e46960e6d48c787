"""Notices that the dispatcher itself stands still: work waits, a slot is free, and nothing runs.

That must never happen. If it does, the batch ends with an error that names the state; it does not
wait in silence.
"""

from __future__ import annotations

from resources.errors import PoolError
from resources.llama_server_pool.dispatch.attempts import RunningAttempts
from resources.llama_server_pool.health.supervisor import Supervisor


class Standstill:
    """Watches one batch.

    Args:
        fleet: The endpoints, and the scheduler that should have found something to do.
        attempts: What runs.
    """

    def __init__(self, fleet: Supervisor, attempts: RunningAttempts) -> None:
        self._fleet, self._attempts = fleet, attempts
        self._since: float | None = None

    def check(self, now: float, *, busy: bool) -> None:
        """Note whether the batch stands still, and end it if that lasts.

        Args:
            now: The time.
            busy: Whether nothing is started on purpose.

        Raises:
            PoolError: Requests have waited beside idle slots for longer than the policy allows.
        """
        if busy or self._attempts or not self._fleet.scheduler.could_start(now):
            self._since = None
            return
        if self._since is None:
            self._since = now
        if now - self._since > self._fleet.policy.standstill_seconds:
            raise PoolError(
                f"{self._fleet.scheduler.waiting} requests wait and nothing has run for "
                f"{now - self._since:.0f} s, although slots are free ({self._states(now)}).",
                where="LlamaServerPool",
                remedy="This is a fault of the program: please report it with this message. All "
                "answers so far are kept; run the batch again.",
            )

    def _states(self, now: float) -> str:
        """Return each endpoint with its state and its slots."""
        return "; ".join(
            f"{one.name}: {one.shown_state(now, needs_schema=self._fleet.needs_schema)}, "
            f"{one.slots_granted(now)} of {one.slots} slots"
            for one in self._fleet.endpoints.values()
        )
