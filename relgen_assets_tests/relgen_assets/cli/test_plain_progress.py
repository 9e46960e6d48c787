"""Progress in a log: news at once, the rest every 30 seconds, nothing twice."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from relgen_assets.cli import plain_progress
from relgen_assets.cli.plain_progress import PlainLines
from resources.progress import EndpointActivity, ProgressBoard

WAITING = "no endpoint is left; waiting up to 600 s. gpu-0: refused, connection refused"


class Clock:
    """A monotonic clock that tests move."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(plain_progress, "time", clock)
    return clock


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def board(output: io.StringIO, clock: Clock) -> ProgressBoard:
    board = ProgressBoard()
    board.subscribe(PlainLines(Console(file=output, width=80)).heard)
    return board


def gpu(state: str, speed: float = 0.0) -> tuple[EndpointActivity, ...]:
    return (EndpointActivity("gpu-0", 0, 2, speed, state),)


def test_a_task_is_told_when_it_begins_and_ends(board: ProgressBoard, output: io.StringIO) -> None:
    with board.begin("summaries", 3) as task:
        for _ in range(3):
            task.advance()
    first, last = output.getvalue().splitlines()
    assert first == "summaries: 0/3"
    assert last.startswith("summaries: 3/3, ")


def test_ten_minutes_of_waiting_are_told_once(
    board: ProgressBoard, output: io.StringIO, clock: Clock
) -> None:
    task = board.begin("summaries", 3)
    for _ in range(600):
        clock.now += 1
        task.note(WAITING)
        task.show_endpoints(gpu("out: refused", speed=clock.now))
    assert output.getvalue().splitlines() == [
        "summaries: 0/3",
        f"summaries: {WAITING}",
        "gpu-0: out: refused",
    ]


def test_a_server_that_comes_and_goes_fills_no_log(
    board: ProgressBoard, output: io.StringIO, clock: Clock
) -> None:
    task = board.begin("summaries", 3)
    for second in range(120):
        clock.now += 1
        task.show_endpoints(gpu("ready" if second % 2 else "out: reset"))
    assert len(output.getvalue().splitlines()) <= 1 + 2 * 5


def test_a_reminder_says_where_the_work_is(output: io.StringIO, clock: Clock) -> None:
    board = ProgressBoard()
    lines = PlainLines(Console(file=output, width=80))
    board.subscribe(lines.heard)
    task = board.begin("summaries", 3)
    task.advance()
    clock.now += 30
    lines.remind([(task.snapshot, 60.0)])
    assert output.getvalue().splitlines()[-1].startswith("summaries: 1/3, ")
    assert lines.printed == clock.now


def test_of_endpoints_failures_and_returns_are_news(
    board: ProgressBoard, output: io.StringIO
) -> None:
    task = board.begin("summaries", 3)
    course = ("connecting", "ready", "out: reset", "out: reset", "connecting", "on trial", "ready")
    for state in course:
        task.show_endpoints(gpu(state))
    assert output.getvalue().splitlines()[1:] == ["gpu-0: out: reset", "gpu-0: ready"]
