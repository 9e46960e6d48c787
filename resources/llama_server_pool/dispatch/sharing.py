"""One batch's share of servers that other runs use too: what it demands, and what it may use.

This module computes the demand of a batch and keeps it current; the ledger's `slot_leases` divides
the slots.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from resources.generation_ledger.slot_leases import Demand, SlotLeases
from resources.llama_server_pool.health.supervisor import Supervisor

MOST_ATTEMPTS = 2
"""Most attempts of one request that run at once, and so the slots it can use."""


class Sharing:
    """Keeps the leases of one batch.

    Args:
        fleet: The endpoints.
        leases: The leases of this batch.
        open_requests: Requests that have no outcome yet; the dispatcher updates this attribute.
    """

    def __init__(self, fleet: Supervisor, leases: SlotLeases, open_requests: int) -> None:
        self.open_requests = open_requests
        self._fleet = fleet
        self._leases = leases
        self._told: dict[str, int] = {}
        self._changed = asyncio.Event()
        self._asking: asyncio.Future[dict[str, int]] | None = None

    def review(self) -> None:
        """Negotiate again soon if the demand has changed since the last negotiation."""
        if self._demands() != self._told:
            self._changed.set()

    async def negotiate(self) -> None:
        """Announce the demand and learn how many slots may be used.

        Raises:
            LedgerError: The database of the leases cannot be written.
        """
        self._changed.clear()
        self._told = self._demands()
        endpoints = self._fleet.endpoints.values()
        demands = {
            one.config.url: Demand(
                slots=one.slots,
                wants=self._told[one.name],
                in_use=max(one.account.running, one.leased or 0),
            )
            for one in endpoints
        }
        self._asking = asyncio.ensure_future(asyncio.to_thread(self._leases.negotiate, demands))
        granted = await asyncio.shield(self._asking)
        for endpoint in endpoints:
            endpoint.slots_leased(granted[endpoint.config.url])

    async def keep(self) -> None:
        """Renew the leases until cancelled, and negotiate again when the demand changes."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._fleet.policy.lease_renewal):
                    await self._changed.wait()
            await self.negotiate()

    async def release(self) -> None:
        """Release all slots."""
        for endpoint in self._fleet.endpoints.values():
            endpoint.slots_leased(0)
        if self._asking is not None:  # started by a cancelled `keep`: it would take slots again
            await asyncio.wait([self._asking])
        await asyncio.to_thread(self._leases.release)

    def _demands(self) -> dict[str, int]:
        now, most = self._fleet.now(), MOST_ATTEMPTS * self.open_requests
        return {
            endpoint.name: min(endpoint.slots_wanted(now), most)
            for endpoint in self._fleet.endpoints.values()
        }
