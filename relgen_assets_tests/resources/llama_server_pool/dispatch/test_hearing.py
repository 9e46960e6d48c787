"""A busy client knows how late it hears, and calls no server slow because of that."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.pools import (
    endpoint,
    is_question,
    pool_of,
    questions,
)
from resources.llama_server_pool.dispatch.hearing import INTERVAL, ROUNDS, Hearing
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.scheduling.hedging import LEAST_SPARES

SERVERS, REQUESTS = 30, 70


def words(body: dict[str, Any]) -> int:
    """Return how many tokens an answer has; one answer in eleven is several times as long."""
    if not is_question(body):
        return 20
    number = int(body["messages"][-1]["content"].split()[-1])
    return 10 + number * 31 % 23 + 60 * (number % 11 == 0)


def test_thirty_equal_servers_hardly_ever_do_the_same_work(tmp_path: Path) -> None:
    with ExitStack() as running:
        servers = [
            running.enter_context(FakeLlamaServer(slots=1, decode=100.0, answer_tokens=words))
            for _ in range(SERVERS)
        ]
        endpoints = [endpoint(one, f"s{number}") for number, one in enumerate(servers)]
        with pool_of(tmp_path, *endpoints, policy=DispatchPolicy()) as pool:
            result = pool.generate(questions(REQUESTS))
        sent = [one for server in servers for one in server.requests if is_question(one.body)]

    assert result.report.requests == REQUESTS
    assert len(sent) - REQUESTS <= LEAST_SPARES
    answered = sum(one.outcome == "answered" for one in sent)
    assert answered - REQUESTS <= 0.02 * REQUESTS


def fleet_that_notes(lags: list[float]) -> Supervisor:
    scheduler = SimpleNamespace(hear_late=lags.append)
    return cast("Supervisor", SimpleNamespace(now=time.monotonic, scheduler=scheduler))


def test_a_blocked_loop_is_noticed() -> None:
    lags: list[float] = []

    async def block() -> None:
        task = asyncio.create_task(Hearing(fleet_that_notes(lags)).measure())
        await asyncio.sleep(0.01)
        time.sleep(0.3)  # noqa: ASYNC251 - this is what a busy loop does
        await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(block())

    assert lags[-1] >= ROUNDS * 0.15


def test_the_delay_is_forgotten_little_by_little() -> None:
    lags: list[float] = []
    hearing = Hearing(fleet_that_notes(lags))

    for slept in (INTERVAL + 1.0, *[INTERVAL] * 50):
        hearing.note(slept)

    assert lags[0] == ROUNDS
    assert lags == sorted(lags, reverse=True)
    assert lags[-1] < 0.05
