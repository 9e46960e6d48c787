"""The simulated run: never below the arithmetic minimum, proportional, quick at any size."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.planning import PlannedServer, Sample, forecast
from resources.llama_server_pool.scheduling.values import QueuedRequest
from resources.llama_server_pool.simulation.workload import (
    SimulatedRequest,
    SimulatedServer,
    equal_slots,
)


def planned(name: str, kind: str, rate: float, watts: float, slots: int = 1) -> PlannedServer:
    server = SimulatedServer(name, equal_slots(slots, rate), rate * 20, 4096, watts)
    return PlannedServer(server, kind, "configured", slots_known=True)


def requests(task: str, count: int, per_article: int, answer: int) -> tuple[SimulatedRequest, ...]:
    return tuple(
        SimulatedRequest(
            QueuedRequest(
                f"{task}-{n}", 1_000, 800, affinity=f"article-{n // per_article}", family=task
            ),
            answer + (n * 37) % 50,
        )
        for n in range(count)
    )


FLEET = [planned("gpu", "gpu", 20.0, 180.0, 2), planned("board", "arm", 2.5, 10.0)]
SAMPLE = Sample(
    articles=10,
    usable=8,
    chunks=4.0,
    error=0.3,
    summaries=requests("summary", 8, 1, 90),
    extractions=requests("extraction", 32, 4, 250),
    extraction_share=1.0,
)


def test_calls_are_counted_over_all_articles() -> None:
    plan = forecast(FLEET, SAMPLE, articles=1_000, batch_size=20)
    assert [(stage.task, stage.calls) for stage in plan.stages] == [
        ("summary", 800),
        ("extraction", 4_000),
    ]
    assert sum(server.calls for server in plan.servers) == pytest.approx(4_800)
    assert sum(server.share for server in plan.servers) == pytest.approx(1.0)


def test_second_opinions_are_counted_by_relation() -> None:
    sample = replace(SAMPLE, opinions=requests("second_opinion", 32, 32, 30), relations=2.5)
    plan = forecast(FLEET, sample, articles=1_000, batch_size=20)
    assert (plan.stages[-1].task, plan.stages[-1].calls) == ("second_opinion", 10_000)
    assert plan.seconds > forecast(FLEET, SAMPLE, articles=1_000, batch_size=20).seconds


def test_no_plan_is_below_the_work_over_the_speed_of_the_fleet() -> None:
    plan = forecast(FLEET, SAMPLE, articles=1_000, batch_size=20)
    tokens = sum(stage.calls * stage.answer_tokens for stage in plan.stages)
    bound = tokens / sum(one.tokens_per_second for one in FLEET)
    assert bound < plan.overlapped_seconds < 1.5 * bound
    assert plan.overlapped_seconds <= plan.seconds < 2.5 * bound


def test_a_million_articles_are_as_quick_as_a_thousand_and_proportional() -> None:
    small = forecast(FLEET, SAMPLE, articles=1_000, batch_size=20)
    large = forecast(FLEET, SAMPLE, articles=1_000_000, batch_size=20)
    assert large.seconds == pytest.approx(1_000 * small.seconds, rel=0.01)
    assert large.calls == 4_800_000


def test_energy_is_watts_times_busy_time() -> None:
    plan = forecast(FLEET, SAMPLE, articles=100, batch_size=20)
    expected = sum(one.busy_seconds * one.planned.server.watts / 3.6e6 for one in plan.servers)
    assert plan.kwh == pytest.approx(expected)
    assert all(one.busy_seconds <= plan.seconds * 1.001 for one in plan.servers)


def test_one_more_gpu_saves_more_than_one_more_board() -> None:
    plan = forecast(FLEET, SAMPLE, articles=400, batch_size=100)
    assert plan.savings["gpu"] > plan.savings["arm"]
    assert plan.savings["gpu"] == pytest.approx(plan.seconds / 2, rel=0.2)


def test_further_attempts_are_further_calls() -> None:
    plan = forecast(FLEET, SAMPLE, articles=100, batch_size=20, attempts={"extraction": 1.5})
    assert [stage.calls for stage in plan.stages] == [80, 600]


def test_prompts_that_fit_no_server_are_counted_as_refused() -> None:
    long = SimulatedRequest(
        QueuedRequest("long", 4_000, 800, affinity="long", family="extraction"), 100
    )
    sample = Sample(10, 8, 4.0, 0.0, SAMPLE.summaries, (*SAMPLE.extractions[:24], *[long] * 8), 1.0)
    plan = forecast(FLEET, sample, articles=1_000, batch_size=20)
    assert plan.stages[1].unplaceable == pytest.approx(1_000, rel=0.02)
    assert plan.stages[1].calls + plan.stages[1].unplaceable == 4_000


def test_a_fleet_without_room_for_any_prompt_is_an_error() -> None:
    small = PlannedServer(
        SimulatedServer("small", (20.0,), 400.0, context=512), "gpu", "configured", True
    )
    with pytest.raises(ConfigurationError, match="fits the context"):
        forecast([small], SAMPLE, articles=10, batch_size=5)


def test_an_article_or_two_are_planned_as_they_are() -> None:
    plan = forecast(FLEET, SAMPLE, articles=1, batch_size=20)
    assert [stage.calls for stage in plan.stages] == [1, 4]
    assert plan.seconds > 0
