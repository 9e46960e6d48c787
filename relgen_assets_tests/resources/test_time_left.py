"""The estimate of the time left is right within a quarter after a quarter of the work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from resources.progress import EndpointActivity, TaskProgress
from resources.time_left import RoundsLeft, seconds_left

SUMMARIES, EXTRACTIONS = "summaries", "raw_extractions"
STAGES = (SUMMARIES, EXTRACTIONS)


def task(total: int, done: int = 0, **values: object) -> TaskProgress:
    return replace(TaskProgress(1, EXTRACTIONS, total, done=done), **values)  # type: ignore[arg-type]


def busy(running: int) -> tuple[EndpointActivity, ...]:
    return (EndpointActivity("gpu-0", running, 4, 50.0, "ready"),)


def test_nothing_is_said_before_the_first_unit_is_done() -> None:
    assert seconds_left(task(10), 5.0) is None
    assert seconds_left(task(10, 3, from_ledger=3), 5.0) is None


def test_what_remains_takes_as_long_as_what_is_done() -> None:
    assert seconds_left(task(10, 4), 8.0) == pytest.approx(12.0)
    assert seconds_left(task(10, 10), 8.0) == 0.0


def test_answers_from_the_ledger_cost_nothing() -> None:
    assert seconds_left(task(10, 6, from_ledger=4), 8.0) == pytest.approx(16.0)


def test_running_requests_count_as_far_as_they_have_come() -> None:
    half = task(10, 4, tokens=400, running_tokens=200, endpoints=busy(4))
    assert seconds_left(half, 6.0) == pytest.approx(4.0)
    long = task(10, 4, tokens=400, running_tokens=9_000, endpoints=busy(4))
    assert seconds_left(long, 8.0) == pytest.approx(2.0), "no request counts for more than one"


def a_run(
    sizes: list[int], *, per_summary: float, per_chunk: float, chunks: list[int], overhead: float
) -> Iterator[tuple[float, RoundsLeft]]:
    """Play a run; yield the time and the estimator after each change."""
    now = 0.0
    left = RoundsLeft(sizes, STAGES, now)
    for size, share in zip(sizes, chunks, strict=True):
        now += overhead / 2
        for title, units, cost in (
            (SUMMARIES, size, per_summary),
            (EXTRACTIONS, size * share, per_chunk),
        ):
            one = TaskProgress(1, title, units, started=now)
            left.observe(one, now)
            for done in range(1, units + 1):
                now += cost
                left.observe(replace(one, done=done, finished=done == units), now)
                yield now, left
        now += overhead / 2
        left.round_ended(now)
        yield now, left


@pytest.mark.parametrize(
    ("sizes", "chunks"),
    [
        ([3, 3], [10, 10]),
        ([3, 3], [9, 12]),
        ([20, 20, 20, 5], [7, 9, 8, 8]),
        ([4] * 50, [6, 9, 7, 8, 10] * 10),
    ],
)
@pytest.mark.parametrize("costs", [(1.0, 8.0), (6.0, 2.0)], ids=["long chunks", "long summaries"])
def test_a_quarter_through_the_estimate_is_right_within_a_quarter(
    sizes: list[int], chunks: list[int], costs: tuple[float, float]
) -> None:
    per_summary, per_chunk = costs

    def play() -> Iterator[tuple[float, RoundsLeft]]:
        return a_run(
            sizes, per_summary=per_summary, per_chunk=per_chunk, chunks=chunks, overhead=4.0
        )

    end = max(now for now, _ in play())
    for now, left in play():
        if end / 4 <= now < end * 0.98:
            estimate = left.seconds_left(now)
            assert estimate is not None
            assert abs(estimate - (end - now)) <= 0.25 * (end - now) + 4.0, now


def test_nothing_is_said_before_the_cost_of_each_stage_is_known() -> None:
    left = RoundsLeft([3, 3], STAGES, 0.0)
    left.observe(TaskProgress(1, SUMMARIES, 3, done=3, finished=True), 3.0)
    assert left.seconds_left(3.0) is None
    left.observe(TaskProgress(2, EXTRACTIONS, 30, done=1, started=3.0), 5.0)
    assert left.seconds_left(5.0) == pytest.approx(29 * 2.0 + 63.0)


def test_known_batches_do_not_make_the_others_look_cheap() -> None:
    left = RoundsLeft([3, 3, 3], STAGES, 0.0)
    for title, total in ((SUMMARIES, 3), (EXTRACTIONS, 30)):
        left.observe(
            TaskProgress(1, title, total, done=total, from_ledger=total, finished=True), 0.0
        )
    assert left.seconds_left(0.0) is None, "all was known so far"
    left.round_ended(0.0)
    left.observe(TaskProgress(1, SUMMARIES, 3, done=3, finished=True), 3.0)
    left.observe(TaskProgress(2, EXTRACTIONS, 30, done=15, started=3.0), 18.0)
    assert left.seconds_left(18.0) == pytest.approx(15.0 + 33.0)


def test_a_stage_without_units_costs_nothing() -> None:
    left = RoundsLeft([3, 3], STAGES, 0.0)
    left.observe(TaskProgress(1, SUMMARIES, 3, done=3, finished=True), 3.0)
    left.observe(TaskProgress(2, EXTRACTIONS, 0, started=3.0, finished=True), 3.0)
    assert left.seconds_left(3.0) is None, "a task without a count may be anything"
    left.round_ended(3.0)
    assert left.seconds_left(3.0) == pytest.approx(3.0)


def test_when_all_rounds_are_done_nothing_is_left() -> None:
    left = RoundsLeft([3], STAGES, 0.0)
    left.round_ended(9.0)
    assert left.seconds_left(9.0) == 0.0
