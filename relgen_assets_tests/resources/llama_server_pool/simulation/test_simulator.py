"""The simulated fleet follows arithmetic, and on it the policy stays close to the bound."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from statistics import fmean

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from resources.errors import NoEndpointLeft
from resources.llama_server_pool.scheduling.scheduler import Scheduler
from resources.llama_server_pool.scheduling.values import QueuedRequest
from resources.llama_server_pool.simulation.simulator import simulate
from resources.llama_server_pool.simulation.workload import (
    SimulatedRequest,
    SimulatedServer,
    batch_lower_bound,
    equal_slots,
    lognormal_requests,
)


def server(name: str, rate: float, slots: int = 1, context: int | None = None) -> SimulatedServer:
    return SimulatedServer(name, equal_slots(slots, rate), 20 * rate, context)


def gpus_and_boards() -> list[SimulatedServer]:
    return [
        *(server(f"gpu-{i}", 20.0) for i in range(4)),
        *(server(f"board-{i}", 2.34) for i in range(5)),
    ]


def ids(work: list[SimulatedRequest]) -> list[str]:
    return sorted(each.request.id for each in work)


def test_one_request_takes_its_prefill_and_its_decode() -> None:
    work = [SimulatedRequest(QueuedRequest("a", 400, 500), 300)]

    result = simulate([server("gpu", 20.0)], work)

    assert result.makespan == pytest.approx(400 / 400 + 300 / 20)
    assert result.servers["gpu"].answer_tokens == 300
    assert result.servers["gpu"].busy_seconds == pytest.approx(result.makespan)


def test_busy_slots_slow_each_other_down() -> None:
    shared = SimulatedServer("gpu", (20.0, 10.0), 1e9)
    work = [
        SimulatedRequest(QueuedRequest(name, 1, 500), tokens)
        for name, tokens in (("a", 100), ("b", 200))
    ]

    # Both at 10 tokens/s until the short one ends, then the long one alone at 20.
    assert simulate([shared], work).makespan == pytest.approx(10 + 5, rel=1e-3)


def test_a_shared_prompt_is_read_once_per_endpoint() -> None:
    work = [
        SimulatedRequest(QueuedRequest(f"{i}", 1000, 500, None, "article"), 10, shared_prefix=900)
        for i in range(5)
    ]

    result = simulate([server("gpu", 20.0)], work)

    assert result.servers["gpu"].prompt_tokens == 1000 + 4 * 100


def test_the_same_seed_gives_the_same_run() -> None:
    results = [simulate(gpus_and_boards(), lognormal_requests(60, Random(5))) for _ in range(2)]

    assert results[0] == results[1]


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 40),
    rates=st.lists(
        st.tuples(st.sampled_from([0.5, 2.34, 20.0, 100.0]), st.integers(1, 3)),
        min_size=1,
        max_size=4,
    ),
    midway=st.sampled_from([None, 0.0, 0.1, 3.0]),
)
def test_every_request_is_answered_once_and_never_before_the_bound(
    seed: int, count: int, rates: list[tuple[float, int]], midway: float | None
) -> None:
    work = lognormal_requests(count, Random(seed))
    changes = () if midway is None else ((20.0, midway), (200.0, 1.0))
    fleet = [
        SimulatedServer(f"s{i}", equal_slots(slots, rate), 20 * rate, None, 0.0, changes)
        for i, (rate, slots) in enumerate(rates)
    ]

    result = simulate(fleet, work)

    assert sorted(result.completed) == ids(work)
    assert result.makespan >= batch_lower_bound(fleet, work) * 0.999
    assert result.answer_tokens == sum(each.answer for each in work)


@pytest.mark.parametrize(("requests", "target"), [(100, 1.08), (300, 1.04)])
def test_the_predecessors_fleet_finishes_close_to_the_bound(requests: int, target: float) -> None:
    ratios: list[float] = []
    for seed in range(4):
        work = lognormal_requests(requests, Random(seed))
        fleet = gpus_and_boards()
        ratios.append(simulate(fleet, work).makespan / batch_lower_bound(fleet, work))

    assert fmean(ratios) <= target


def test_work_moves_away_from_a_server_that_becomes_ten_times_slower() -> None:
    work = lognormal_requests(100, Random(1))
    fleet = [
        SimulatedServer("tired", (20.0,), 400.0, changes=((60.0, 0.1),)),
        *(server(f"gpu-{i}", 20.0) for i in range(3)),
    ]

    result = simulate(fleet, work)

    assert result.makespan <= 1.15 * batch_lower_bound(fleet, work)
    assert result.servers["tired"].answers < 10


def test_what_a_dead_server_held_is_done_by_others() -> None:
    work = lognormal_requests(60, Random(1))
    fleet = [
        SimulatedServer("mortal", equal_slots(4, 20.0), 400.0, changes=((30.0, 0.0),)),
        server("gpu", 20.0),
    ]

    result = simulate(fleet, work)

    assert sorted(result.completed) == ids(work)
    assert result.failures == 4
    assert result.wasted_tokens > 0


def test_a_server_that_comes_back_works_again() -> None:
    work = lognormal_requests(60, Random(1))
    fleet = [SimulatedServer("gpu", (20.0,), 400.0, changes=((30.0, 0.0), (100.0, 1.0)))]

    result = simulate(fleet, work)

    assert sorted(result.completed) == ids(work)
    assert result.makespan >= batch_lower_bound(fleet, work)


def test_a_fleet_that_is_dead_for_good_is_an_error() -> None:
    fleet = [SimulatedServer("gpu", (20.0,), 400.0, changes=((30.0, 0.0),))]

    with pytest.raises(NoEndpointLeft, match="requests wait"):
        simulate(fleet, lognormal_requests(60, Random(1)))


def test_requests_that_fit_nowhere_are_reported() -> None:
    work = [
        SimulatedRequest(QueuedRequest("huge", 9000, 500), 10),
        SimulatedRequest(QueuedRequest("a", 10, 500), 10),
    ]

    result = simulate([server("gpu", 20.0, context=4096)], work)

    assert result.rejected == ["huge"]
    assert result.completed == ["a"]


def test_hundreds_of_equal_servers_double_hardly_any_work_if_the_client_hears_late() -> None:
    fleet = [server(f"s{n}", 100.0) for n in range(200)]
    unknown = [replace(one.profile, prefill_rate=None, decode_rate=None) for one in fleet]
    work = lognormal_requests(300, Random(1), mean=100.0)

    # A policy that takes what it has not heard for slowness answers 14 % of these twice.
    result = simulate(fleet, work, Scheduler(unknown), 128, deaf_seconds=2.0)

    assert sorted(result.completed) == ids(work)
    assert result.hedges <= 0.02 * len(work)
    assert result.doubled == 0


def test_a_client_that_hears_late_still_overtakes_what_is_slow() -> None:
    work = lognormal_requests(100, Random(1))
    fleet = gpus_and_boards()

    result = simulate(fleet, work, deaf_seconds=2.0)

    assert sorted(result.completed) == ids(work)
    assert result.makespan <= 1.15 * batch_lower_bound(fleet, work)


def test_a_late_client_hears_of_an_answer_at_its_next_look() -> None:
    work = [SimulatedRequest(QueuedRequest("a", 400, 500), 300)]

    assert simulate([server("gpu", 20.0)], work, deaf_seconds=10.0).makespan == 20.0
