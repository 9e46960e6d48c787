"""The progress board: listeners hear of every change; work knows nothing about them."""

from __future__ import annotations

from resources.progress import ProgressBoard, TaskProgress


def test_listeners_hear_of_every_change_until_they_leave() -> None:
    board = ProgressBoard()
    heard: list[TaskProgress] = []
    leave = board.subscribe(heard.append)
    with board.begin("summaries", 10) as task:
        task.advance(3, from_ledger=2, tokens=40)
        task.advance(failed=1)
        task.note("no endpoint is left")
        leave()
        task.advance(6)
    assert [(one.done, one.from_ledger, one.failed, one.tokens) for one in heard] == [
        (0, 0, 0, 0),
        (3, 2, 0, 40),
        (4, 2, 1, 40),
        (4, 2, 1, 40),
    ]
    assert heard[-1].note == "no endpoint is left"


def test_a_late_listener_sees_the_running_tasks() -> None:
    board = ProgressBoard()
    task = board.begin("extractions", 5)
    heard: list[TaskProgress] = []
    board.subscribe(heard.append)
    assert [one.title for one in heard] == ["extractions"]
    task.finish()
    task.finish()
    assert [one.finished for one in heard] == [False, True]
    assert board.running() == []


def test_a_task_finishes_when_its_work_fails() -> None:
    board = ProgressBoard()
    try:
        with board.begin("doomed", 1):
            raise RuntimeError("server gone")
    except RuntimeError:
        assert board.running() == []


def test_tasks_are_distinguished() -> None:
    board = ProgressBoard()
    one, other = board.begin("a", 1), board.begin("a", 1)
    assert one.snapshot.key != other.snapshot.key
    assert len(board.running()) == 2
