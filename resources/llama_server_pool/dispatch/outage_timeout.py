"""How long a batch waits for a fleet that is gone, and what it says then.

Only whether to go on waiting is decided here; bringing endpoints back is done in `supervisor`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from resources.errors import NoEndpointLeft
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.progress import ProgressTask

logger = logging.getLogger(__name__)


class OutageTimeout:
    """Watches over the fleet during one batch.

    Args:
        fleet: The endpoints.
        seconds: How long to wait when no endpoint is left.
        progress: Where to say that the batch pauses.
        may_return: Raises when no endpoint can come back at all; asked while the batch pauses.
    """

    def __init__(
        self,
        fleet: Supervisor,
        seconds: float,
        progress: ProgressTask,
        may_return: Callable[[], None],
    ) -> None:
        self._fleet = fleet
        self._may_return = may_return
        self._seconds = seconds
        self._progress = progress
        self._lost_since: float | None = None
        self._idle_since: float | None = None

    def check(self, now: float, *, moving: bool) -> None:
        """Say that the batch pauses, or that it has waited long enough.

        Args:
            now: The time.
            moving: Whether any running request has produced tokens. Such a request may end well, so
                nothing is given up meanwhile; but only an answer proves that a server works.

        Raises:
            NoEndpointLeft: No endpoint has been in service for longer than the patience, or none
                can come back at all.
        """
        if self._fleet.serving_endpoints(now):
            self._end_pause()
            return
        if not all(endpoint.tried for endpoint in self._fleet.endpoints.values()):
            return
        if self._lost_since is None:
            self._lost_since = now
            logger.warning(
                "No endpoint is left; waiting up to %.0f s. %s", self._seconds, self._faults()
            )
        self._may_return()
        end = self._lost_since + self._seconds
        left = end - now
        hope = moving or any(one.may_answer(end) for one in self._fleet.endpoints.values())
        if not hope and (self._fleet.all_dismissed or left <= 0):
            raise NoEndpointLeft(
                f"no endpoint is left ({self._faults()}).",
                where="LlamaServerPool",
                remedy="What was answered is kept. Start or correct the servers, ask them who they "
                "are (`LlamaServerPool.describe`), and run the batch again.",
            )
        self._progress.note(
            f"no endpoint is left; waiting {max(left, 0.0):.0f} s more. {self._faults()}"
        )

    def exhausted(self, now: float, *, idle: bool) -> bool:
        """Return whether the batch has stood idle for longer than the patience.

        Args:
            now: The time.
            idle: Whether requests wait although nothing runs.
        """
        if not idle:
            self._idle_since = None
            return False
        if self._idle_since is None:
            self._idle_since = now
        return now - self._idle_since > self._seconds

    def _end_pause(self) -> None:
        if self._lost_since is not None:
            self._lost_since = None
            self._progress.note("")

    def _faults(self) -> str:
        """Return each endpoint with its last fault."""
        return "; ".join(
            f"{endpoint.name}: {fault.kind}, {fault.detail}"
            if (fault := endpoint.dismissed or endpoint.last_fault)
            else f"{endpoint.name}: loading"
            for endpoint in self._fleet.endpoints.values()
        )
