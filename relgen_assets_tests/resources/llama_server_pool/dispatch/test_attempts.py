"""Running attempts: however one ends, its slot is free afterwards."""

from __future__ import annotations

import asyncio

from relgen_assets_tests.resources.llama_server_pool.pools import (
    HURRIED,
    MODEL,
    endpoint_at,
    question,
)
from resources.llama_server_pool.dispatch.attempts import RunningAttempts
from resources.llama_server_pool.dispatch.judging import Judging
from resources.llama_server_pool.dispatch.order import BatchOrder
from resources.llama_server_pool.dispatch.tasks import BatchTasks
from resources.llama_server_pool.dispatch.ticket import Ticket
from resources.llama_server_pool.health.supervisor import Supervisor


def test_an_attempt_that_is_superseded_before_its_first_step_frees_its_slot() -> None:
    def never(*_: object) -> None:
        raise AssertionError("it neither answered nor failed")

    async def supersede_at_once() -> None:
        config = endpoint_at("http://127.0.0.1:1", "a", slots=1)
        fleet = Supervisor([config], {}, MODEL, "use", HURRIED)
        scheduler, endpoint = fleet.scheduler, fleet.endpoints["a"]
        scheduler.set_slots("a", 1, 0.0)
        first, second = (Ticket(f"ticket-{n}", question(n), 12) for n in range(2))
        scheduler.submit([first.queued(), second.queued()], 0.0)
        (order,) = scheduler.assign(0.0)
        attempts = RunningAttempts(
            fleet, BatchTasks(), never, Judging(BatchOrder([], None, 1, 0.0))
        )
        attempts.start(order.attempt, first, endpoint, 0.0)
        scheduler.withdraw(first.id, 0.0)
        attempts.supersede(order.attempt)
        await asyncio.sleep(0.01)
        assert len(attempts) == 0
        assert endpoint.account.running == 0
        assert [one.request_id for one in scheduler.assign(1.0)] == [second.id]
        await fleet.close()

    asyncio.run(supersede_at_once())
