"""What one batch does with its leases while it works, and when it ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, func, select

from relgen_assets_tests.resources.generation_ledger.conftest import Place
from relgen_assets_tests.resources.llama_server_pool.pools import HURRIED, MODEL, endpoint_at
from resources.generation_ledger.engine import Database
from resources.generation_ledger.schema import CLAIMS, LEASES
from resources.generation_ledger.slot_leases import SlotLeases
from resources.llama_server_pool.dispatch.sharing import Sharing
from resources.llama_server_pool.health.supervisor import Supervisor

T = TypeVar("T")


class SlowDatabase:
    """A database whose transactions can be made to wait."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.called, self.goes_on = threading.Event(), threading.Event()
        self.goes_on.set()

    def write(self, work: Callable[[Connection], T]) -> T:
        self.called.set()
        assert self.goes_on.wait(20)
        return self.database.write(work)

    def rows(self) -> int:
        return self.database.read(
            lambda c: sum(
                c.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (LEASES, CLAIMS)
            )
        )


def test_a_negotiation_that_was_under_way_at_the_end_takes_no_slot_again(place: Place) -> None:
    database = SlowDatabase(place.open().database)

    async def end_while_negotiating() -> None:
        fleet = Supervisor(
            [endpoint_at("http://127.0.0.1:1", "a", slots=2)], {}, MODEL, "use", HURRIED
        )
        sharing = Sharing(fleet, SlotLeases(database, 30.0, 1.0), open_requests=5)
        await sharing.negotiate()
        assert database.rows() > 0
        database.called.clear()
        database.goes_on.clear()
        keeping = asyncio.create_task(sharing.keep())
        await asyncio.to_thread(database.called.wait, 20)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        asyncio.get_running_loop().call_later(0.2, database.goes_on.set)
        await sharing.release()
        await fleet.close()

    asyncio.run(end_while_negotiating())
    assert database.rows() == 0
