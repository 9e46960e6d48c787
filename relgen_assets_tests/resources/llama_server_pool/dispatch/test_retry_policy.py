"""Retries after faults come from a budget, and end."""

from __future__ import annotations

import asyncio
import random

from relgen_assets_tests.resources.llama_server_pool.pools import (
    HURRIED,
    MODEL,
    endpoint_at,
    question,
)
from resources.llama_server_pool.dispatch.retry_policy import (
    RetryBudget,
    Ticket,
)
from resources.llama_server_pool.dispatch.setbacks import Setbacks
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault


def test_retries_are_free_until_the_budget_is_spent_and_spaced_out_then() -> None:
    policy = DispatchPolicy(retry_budget=3, retry_refill=0.5, retry_pause=1.0)
    budget = RetryBudget(policy, random.Random(2))
    assert all(0 < budget.spend() < policy.retry_jitter for _ in range(3))
    pauses = [budget.spend() for _ in range(4)]
    assert all(0.5 * n <= pause <= 1.5 * n for n, pause in enumerate(pauses, start=1))
    budget.earn()
    budget.earn()
    assert budget.spend() < policy.retry_jitter


def test_a_request_is_set_aside_after_several_endpoints_or_many_tries() -> None:
    policy = DispatchPolicy(set_aside_endpoints=3, set_aside_tries=4)
    wide, deep = (Ticket("job", question(1), 12) for _ in range(2))
    for name in "ab":
        wide.charge(name)
    assert not wide.hopeless(policy)
    wide.charge("c")
    assert wide.hopeless(policy)
    for _ in range(3):
        deep.charge("a")
    assert not deep.hopeless(policy)
    deep.charge("a")
    assert deep.hopeless(policy)


def test_a_batch_that_has_ended_puts_nothing_into_the_scheduler_any_more() -> None:
    async def fail_after_the_end() -> None:
        fleet = Supervisor([endpoint_at("http://127.0.0.1:1", "a")], {}, MODEL, "use", HURRIED)
        ticket, submitted = Ticket("job", question(1), 12), list[Ticket]()
        setbacks = Setbacks(fleet, submitted.append, lambda *_: None)
        fault = EndpointFault("reset", "gone", Disposition.server)
        setbacks.decide(ticket, fleet.endpoints["a"], fault)
        assert setbacks.delayed == 1
        setbacks.give_up()
        setbacks.decide(ticket, fleet.endpoints["a"], fault)
        assert setbacks.delayed == 0
        await asyncio.sleep(2 * HURRIED.retry_jitter)
        assert submitted == []
        await fleet.close()

    asyncio.run(fail_after_the_end())
