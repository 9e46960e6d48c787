"""The loop that looks after one endpoint while a batch runs.

It brings the endpoint into service, and back after every outage: it discovers the server, tries it
out, waits out pauses and loading, checks its health after faults and during silence, and reports
the available slots to the scheduler.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from resources.llama_server_pool.health.discovery import discover, try_out
from resources.llama_server_pool.health.endpoint_state import EndpointState
from resources.llama_server_pool.health.liveness import check_health, check_liveness
from resources.llama_server_pool.health.states import Contact
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

_NOT_A_SERVER_FAULT = (Disposition.loading, Disposition.throttled, Disposition.auth)


class Monitor:
    """Looks after one endpoint during one batch.

    Args:
        fleet: All endpoints.
        endpoint: The one to look after.
        changed: Called after every change of its state.
    """

    def __init__(
        self, fleet: Supervisor, endpoint: EndpointState, changed: Callable[[], None]
    ) -> None:
        self._fleet, self._endpoint, self._changed = fleet, endpoint, changed

    async def run(self) -> None:
        """Do what the state of the endpoint calls for, until cancelled."""
        while True:
            self._fleet.apply(self._endpoint)
            self._changed()
            pause = await self._step()
            if pause != 0:
                await self._rest(pause)

    async def _step(self) -> float | None:
        """Do what is due; return the seconds to rest then, `None` to rest until a change."""
        endpoint, now = self._endpoint, self._fleet.now()
        if endpoint.dismissed:
            return None
        if endpoint.condition.contact is Contact.loading:
            await asyncio.sleep(self._fleet.policy.loading_poll)
        elif now < endpoint.rests_until:
            return endpoint.rests_until - now
        work = self._due(now)
        if work is None:
            return self._fleet.policy.quiet_seconds
        await self._guarded(work)
        return 0

    def _due(self, now: float) -> Coroutine[Any, Any, None] | None:
        """Return the probe that the state of the endpoint calls for."""
        fleet, endpoint = self._fleet, self._endpoint
        if endpoint.facts is None or endpoint.needs_discovery:
            return discover(fleet, endpoint)
        if endpoint.condition.contact is Contact.suspect:
            return check_health(fleet, endpoint)
        due = endpoint.needs_trial(needs_schema=fleet.needs_schema) and endpoint.leased != 0
        if due and fleet.may_try_out(endpoint):
            return try_out(fleet, endpoint, endpoint.facts)
        if endpoint.quiet(now):
            return check_liveness(fleet, endpoint)
        return None

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Await a probe; any fault keeps the endpoint out of service."""
        endpoint = self._endpoint
        try:
            await work
        except TimeoutError:
            fault = EndpointFault(
                "probe_timeout", "no answer to a probe in time", Disposition.server
            )
            endpoint.failed(fault, "", self._fleet.now())
        except EndpointFault as fault:
            if fault.disposition not in _NOT_A_SERVER_FAULT:
                fault.disposition = Disposition.server
            endpoint.failed(fault, "", self._fleet.now())
        finally:
            endpoint.contact_ended()

    async def _rest(self, pause: float | None) -> None:
        """Wait for a change of the endpoint's state, at most `pause` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._endpoint.changed.wait()
        self._endpoint.changed.clear()
