"""What a display shows of the board: running work, once each, and the time left where known."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from relgen_assets.cli.progress import RunningTasks
from resources.progress import Outlook, ProgressBoard
from resources.time_left import RoundsLeft


@pytest.fixture
def tasks() -> RunningTasks:
    return RunningTasks()


@pytest.fixture
def board(tasks: RunningTasks) -> Iterator[ProgressBoard]:
    board = ProgressBoard()
    leave = board.subscribe(tasks.heard)
    yield board
    leave()


def titles(tasks: RunningTasks) -> list[tuple[str, int]]:
    return [(task.title, task.total) for task, _ in tasks.shown()]


def test_a_step_and_its_requests_are_shown_once(board: ProgressBoard, tasks: RunningTasks) -> None:
    with board.begin("summaries", 0):
        assert titles(tasks) == [("summaries", 0)]
        with board.begin("summaries", 3):
            assert titles(tasks) == [("summaries", 3)]


def test_the_last_count_stays_on_the_screen(board: ProgressBoard, tasks: RunningTasks) -> None:
    with board.begin("loading", 0):
        pass
    assert titles(tasks) == []
    with board.begin("batches", 2) as task, board.begin("hf_dataset", 0):
        task.advance(2)
    assert titles(tasks) == [("batches", 2)]


def test_no_time_is_promised_while_all_servers_are_out(
    board: ProgressBoard, tasks: RunningTasks
) -> None:
    tasks.expect("batches", RoundsLeft([1, 1], ["summaries"], time.monotonic()))
    with board.begin("batches", 2), board.begin("summaries", 4) as summaries:
        summaries.advance(2)
        assert all(left is not None for _, left in tasks.shown())
        summaries.note("no endpoint is left", outlook=Outlook(gives_up=time.monotonic() + 60))
        assert [left for _, left in tasks.shown()] == [None, None]
