"""Slots shared by several runs: how many of an endpoint's slots each run may use.

A slot is a row in the ledger's database. One run holds it until it releases it or fails to renew it
in time, so a killed run does not block it for long. Shares are fair: every run gets the same number
of slots, as far as it wants them; runs take turns on slots that cannot be divided. A slot is
released only when its request has ended: there are never more running requests than rows.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import Connection, delete, insert, select, text, update

from resources.generation_ledger.schema import CLAIMS, LEASES

T = TypeVar("T")

_POSTGRESQL_LOCK = 7_406_181_329_002
"""PostgreSQL advisory lock that serialises lease transactions; any otherwise unused number."""


class Transactions(Protocol):
    """Runs transactions, as the ledger's database does."""

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a writing transaction."""
        ...


@dataclass(frozen=True, slots=True)
class Demand:
    """One run's demand for the slots of one endpoint.

    Attributes:
        slots: Slots of the server.
        wants: How many of them the run could use now.
        in_use: How many it uses, or may start to use before the negotiation ends.
    """

    slots: int
    wants: int
    in_use: int


class SlotLeases:
    """The leases of one batch.

    Args:
        database: Shared by all runs that share the servers.
        seconds: Lifetime of a lease that is not renewed.
        rotation: Seconds that a run keeps an indivisible slot before the next run's turn.
    """

    def __init__(self, database: Transactions, seconds: float, rotation: float) -> None:
        self._database = database
        self._seconds = seconds
        self._rotation = rotation
        self._holder = uuid.uuid4().hex
        self._began = False

    def negotiate(self, demands: Mapping[str, Demand]) -> dict[str, int]:
        """Renew the leases and return how many slots may be used from now on, by endpoint.

        Args:
            demands: The demand for each endpoint, by URL.

        Raises:
            LedgerError: The database cannot be written.
        """
        self._began = True
        return self._database.write(lambda c: self._negotiate(c, demands))

    def release(self) -> None:
        """Release all slots.

        Raises:
            LedgerError: The database cannot be written.
        """
        if self._began:
            self._database.write(self._release)

    def _negotiate(self, connection: Connection, demands: Mapping[str, Demand]) -> dict[str, int]:
        now = _clock(connection)
        for table in (LEASES, CLAIMS):
            connection.execute(delete(table).where(table.c.expires < now))
        return {
            endpoint: self._settle(connection, endpoint, demands[endpoint], now)
            for endpoint in sorted(demands)
        }

    def _settle(self, connection: Connection, endpoint: str, demand: Demand, now: float) -> int:
        """Take or release slots of one endpoint; return how many may be used."""
        self._claim(connection, endpoint, demand.wants, now + self._seconds)
        claims = connection.execute(
            select(CLAIMS.c.holder, CLAIMS.c.wants).where(CLAIMS.c.endpoint == endpoint)
        )
        wants = {row.holder: row.wants for row in claims}
        share = fair_shares(demand.slots, wants, int(now / self._rotation))[self._holder]
        rows = connection.execute(
            select(LEASES.c.slot, LEASES.c.holder).where(LEASES.c.endpoint == endpoint)
        ).all()
        mine = sorted(row.slot for row in rows if row.holder == self._holder)
        keep = max(share, demand.in_use)
        surplus, mine = mine[keep:], mine[:keep]
        free = sorted(set(range(demand.slots)) - {row.slot for row in rows})
        taken = free[: max(0, share - len(mine))]
        ours = (LEASES.c.endpoint == endpoint) & (LEASES.c.holder == self._holder)
        if surplus:
            connection.execute(delete(LEASES).where(ours, LEASES.c.slot.in_(surplus)))
        connection.execute(update(LEASES).where(ours).values(expires=now + self._seconds))
        for slot in taken:
            connection.execute(
                insert(LEASES).values(
                    endpoint=endpoint, slot=slot, holder=self._holder, expires=now + self._seconds
                )
            )
        return min(share, len(mine) + len(taken))

    def _claim(self, connection: Connection, endpoint: str, wants: int, expires: float) -> None:
        mine = (CLAIMS.c.endpoint == endpoint) & (CLAIMS.c.holder == self._holder)
        changed = connection.execute(
            update(CLAIMS).where(mine).values(wants=wants, expires=expires)
        )
        if changed.rowcount == 0:
            connection.execute(
                insert(CLAIMS).values(
                    endpoint=endpoint, holder=self._holder, wants=wants, expires=expires
                )
            )

    def _release(self, connection: Connection) -> None:
        _clock(connection)  # serialise: a negotiation locks the same rows in another order
        for table in (LEASES, CLAIMS):
            connection.execute(delete(table).where(table.c.holder == self._holder))


def fair_shares(slots: int, wants: Mapping[str, int], turn: int) -> dict[str, int]:
    """Divide slots in max-min fair shares.

    Args:
        slots: Number of slots.
        wants: How many slots each holder could use.
        turn: Number of the turn; decides which holders get the slots that cannot be divided.
    """
    order = sorted(wants)
    first = turn % len(order) if order else 0
    order = order[first:] + order[:first]
    shares = dict.fromkeys(order, 0)
    left = slots
    while left > 0:
        hungry = [holder for holder in order if shares[holder] < wants[holder]][:left]
        if not hungry:
            break
        for holder in hungry:
            shares[holder] += 1
        left -= len(hungry)
    return shares


def _clock(connection: Connection) -> float:
    """Return the time that all runs agree on, and serialise transactions if needed.

    SQLite is used by processes on one machine and allows one writing transaction at a time.
    """
    if connection.dialect.name != "postgresql":
        return time.time()
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRESQL_LOCK})
    return float(
        connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
    )
