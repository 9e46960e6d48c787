"""Retries after faults come from a budget, and end with their batch."""

from __future__ import annotations

import asyncio
import random

from relgen_assets_tests.resources.llama_server_pool.pools import question
from resources.llama_server_pool.dispatch.retry_policy import DelayedRetries, RetryBudget
from resources.llama_server_pool.dispatch.ticket import Ticket
from resources.llama_server_pool.policy import DispatchPolicy


def retry(budget: RetryBudget) -> float:
    """Make one retry; returns its pause."""
    pause = budget.pause()
    budget.spend()
    return pause


def test_retries_are_free_until_the_budget_is_spent_and_spaced_out_then() -> None:
    policy = DispatchPolicy(retry_budget=3, retry_refill=0.5, retry_pause=1.0)
    budget = RetryBudget(policy, random.Random(2))
    assert all(0 < retry(budget) < policy.retry_jitter for _ in range(3))
    pauses = [retry(budget) for _ in range(4)]
    assert all(0.5 * n <= pause <= 1.5 * n for n, pause in enumerate(pauses, start=1))
    budget.earn()
    budget.earn()
    assert retry(budget) < policy.retry_jitter


def test_a_pause_that_is_not_used_costs_nothing() -> None:
    policy = DispatchPolicy(retry_budget=1)
    budget = RetryBudget(policy, random.Random(2))
    for _ in range(10):
        assert budget.pause() < policy.retry_jitter


def test_a_delayed_request_comes_back_when_it_is_due() -> None:
    async def wait_for_the_retry() -> None:
        ticket, due = Ticket("ticket", question(1), 12), list[Ticket]()
        retries = DelayedRetries(due.append)
        retries.add(ticket, 0.01)
        assert (len(retries), due) == (1, [])
        await asyncio.sleep(0.05)
        assert (len(retries), due) == (0, [ticket])

    asyncio.run(wait_for_the_retry())


def test_a_batch_that_has_ended_queues_nothing_more() -> None:
    async def fail_after_the_end() -> None:
        ticket, due = Ticket("ticket", question(1), 12), list[Ticket]()
        retries = DelayedRetries(due.append)
        retries.add(ticket, 0.01)
        retries.close()
        assert len(retries) == 0
        retries.add(ticket, 0.01)
        assert len(retries) == 0
        await asyncio.sleep(0.05)
        assert due == []

    asyncio.run(fail_after_the_end())
