"""How long a batch waits when no endpoint is left, and what it reports meanwhile.

`health` brings endpoints back; this module only decides whether to keep waiting.
"""

from __future__ import annotations

from resources.errors import LostEndpoint, NoEndpointLeft
from resources.llama_server_pool.dispatch.order import BatchOrder
from resources.llama_server_pool.health.endpoint_view import EndpointView
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.progress import Outlook, ProgressTask


class OutageTimeout:
    """Measures outages of the whole fleet during one batch.

    Args:
        fleet: The endpoints.
        order: Says how long to wait, and whether lost servers can come back.
        progress: Where to show that the batch is waiting.
    """

    def __init__(self, fleet: Supervisor, order: BatchOrder, progress: ProgressTask) -> None:
        self._fleet = fleet
        self._may_return, self._seconds = order.may_return, order.outage_timeout
        self._progress = progress
        self._lost_since: float | None = None
        self._idle_since: float | None = None
        self._out_since: dict[str, float] = {}

    def check(self, now: float, *, moving: bool) -> None:
        """Note whether the batch is in an outage, and end the batch if it lasts too long.

        Args:
            now: The time.
            moving: Whether any running request has produced tokens. It may still succeed, so the
                batch goes on; but only an answer proves that a server works.

        Raises:
            NoEndpointLeft: No endpoint has been in service for longer than the outage timeout, or
                none can come back in this batch.
        """
        serving = {endpoint.name for endpoint in self._fleet.serving_endpoints(now)}
        for name in self._fleet.endpoints:
            if name in serving:
                self._out_since.pop(name, None)
            else:
                self._out_since.setdefault(name, now)
        if serving:
            self._end_outage()
            return
        if not all(endpoint.tried for endpoint in self._fleet.endpoints.values()):
            return
        if self._lost_since is None:
            self._lost_since = now
        self._may_return()
        end = self._lost_since + self._seconds
        left = end - now
        hope = moving or any(one.may_answer(end) for one in self._fleet.endpoints.values())
        if not hope and (self._fleet.all_dismissed or left <= 0):
            raise NoEndpointLeft(
                f"no endpoint is left ({self._faults()}).",
                where="LlamaServerPool",
                remedy="All answers so far are kept. Start or fix the servers, check them with "
                "`LlamaServerPool.describe`, and run the batch again.",
                endpoints=self._lost_endpoints(now),
                may_pass=not self._fleet.all_dismissed,
            )
        # Without the seconds that are left: a note that changes every second is news every second.
        self._progress.note(
            f"no endpoint is left; waiting up to {self._seconds:.0f} s. {self._faults()}",
            outlook=Outlook(gives_up=end, tries=self._next_tries()),
        )

    def exhausted(self, now: float, *, idle: bool) -> bool:
        """Return whether the batch has stood idle for longer than the outage timeout.

        Args:
            now: The time.
            idle: Whether requests are waiting and no attempt is running.
        """
        if not idle:
            self._idle_since = None
            return False
        if self._idle_since is None:
            self._idle_since = now
        return now - self._idle_since > self._seconds

    def _end_outage(self) -> None:
        if self._lost_since is not None:
            self._lost_since = None
            self._progress.note("")

    def _faults(self) -> str:
        """Return each endpoint with its last fault."""
        return "; ".join(
            f"{endpoint.name}: {_fault(endpoint) or 'loading'}"
            for endpoint in self._fleet.endpoints.values()
        )

    def _next_tries(self) -> tuple[tuple[str, float], ...]:
        """Return when each endpoint is tried again that can come back in this batch."""
        return tuple(
            (endpoint.name, endpoint.rests_until)
            for endpoint in self._fleet.endpoints.values()
            if not endpoint.dismissed
        )

    def _lost_endpoints(self, now: float) -> tuple[LostEndpoint, ...]:
        """Return each endpoint as the error describes it."""
        return tuple(
            LostEndpoint(
                name,
                endpoint.shown_state(now, needs_schema=self._fleet.needs_schema),
                _fault(endpoint),
                now - self._out_since[name],
            )
            for name, endpoint in self._fleet.endpoints.items()
        )


def _fault(endpoint: EndpointView) -> str:
    """Return the last fault of an endpoint as kind and detail; empty if it had none."""
    fault = endpoint.dismissed or endpoint.last_fault
    return f"{fault.kind}, {fault.detail.rstrip('.')}" if fault else ""
