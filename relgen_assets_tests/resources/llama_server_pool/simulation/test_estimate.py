"""Estimates: exact for small runs, proportional for large ones, fast for any size."""

from __future__ import annotations

from random import Random

import pytest

from resources.errors import ConfigurationError
from resources.llama_server_pool.scheduling.values import QueuedRequest
from resources.llama_server_pool.simulation.estimate import draw, estimate, savings
from resources.llama_server_pool.simulation.workload import (
    SimulatedRequest,
    SimulatedServer,
    lognormal_requests,
)

FLEET = [
    SimulatedServer("gpu-1", (20.0,), 400.0, watts=180.0),
    SimulatedServer("gpu-2", (20.0,), 400.0, watts=180.0),
    SimulatedServer("board", (2.5,), 50.0, watts=10.0),
]
SAMPLE = lognormal_requests(200, Random(1))


def test_millions_are_extrapolated_at_the_speed_of_the_fleet() -> None:
    plan = estimate(FLEET, SAMPLE, 3_000_000)

    tokens = sum(each.answer + 400 / 20 for each in SAMPLE) / len(SAMPLE)
    assert plan.seconds == pytest.approx(3_000_000 * tokens / 42.5, rel=0.03)
    assert plan.simulated < 5_000
    assert sum(server.requests for server in plan.servers) == pytest.approx(3_000_000)
    assert sum(server.share for server in plan.servers) == pytest.approx(1.0)
    assert plan.servers[2].share == pytest.approx(2.5 / 42.5, rel=0.15)


def test_energy_is_watts_times_busy_time() -> None:
    plan = estimate(FLEET, SAMPLE, 100_000)

    assert plan.kwh == pytest.approx(plan.seconds * 370 / 3_600_000, rel=0.02)


def test_a_small_run_is_simulated_as_it_is() -> None:
    plan = estimate(FLEET, SAMPLE, 30)

    assert (plan.requests, plan.simulated) == (30, 30)
    assert sum(server.requests for server in plan.servers) == 30


def test_no_requests_take_no_time() -> None:
    assert estimate(FLEET, SAMPLE, 0).seconds == 0.0


def test_what_fits_nowhere_is_counted_apart() -> None:
    fleet = [SimulatedServer("gpu", (20.0,), 400.0, context=4096)]
    sample = [
        SimulatedRequest(QueuedRequest("a", 400, 500), 100),
        SimulatedRequest(QueuedRequest("b", 4000, 500), 100),
    ]

    plan = estimate(fleet, sample, 100)

    assert (plan.requests, plan.unplaceable) == (50, 50)


def test_one_more_fast_server_saves_more_than_one_more_board() -> None:
    saved = savings(FLEET, SAMPLE, 50_000)

    assert saved.keys() == {"gpu-1", "board"}
    assert saved["gpu-1"] > 4 * saved["board"] > 0


def test_articles_are_drawn_whole_and_anew() -> None:
    sample = [
        SimulatedRequest(QueuedRequest(f"{a}{i}", 10, 10, None, a), 5)
        for a in "xyz"
        for i in range(3)
    ]

    drawn = [each.request for each in draw(sample, 18, Random(0))]

    assert len({request.id for request in drawn}) == 18
    assert len({request.affinity for request in drawn}) == 6
    for start in range(0, 18, 3):
        assert len({request.affinity for request in drawn[start : start + 3]}) == 1


@pytest.mark.parametrize(
    ("fleet", "sample", "requests"),
    [([], SAMPLE, 1), (FLEET, [], 1), (FLEET, SAMPLE, -1)],
)
def test_a_plan_of_nothing_says_what_is_missing(
    fleet: list[SimulatedServer], sample: list[SimulatedRequest], requests: int
) -> None:
    with pytest.raises(ConfigurationError, match="at least one server"):
        estimate(fleet, sample, requests)


def test_a_sample_that_fits_nowhere_says_so() -> None:
    fleet = [SimulatedServer("gpu", (20.0,), 400.0, context=512)]

    with pytest.raises(ConfigurationError, match="fits the context"):
        estimate(fleet, SAMPLE, 10)
