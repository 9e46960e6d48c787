"""The progress board: listeners hear of every change; work knows nothing about them."""

from __future__ import annotations

import threading

from resources.progress import Outlook, ProgressBoard, TaskProgress, following


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


def test_a_follower_hears_of_the_tasks_of_its_own_block_only() -> None:
    board = ProgressBoard()
    heard: dict[str, list[str]] = {"a": [], "b": []}
    both_follow = threading.Barrier(2)

    def run(name: str) -> None:
        def listen(task: TaskProgress) -> None:
            heard[name].append(task.title)

        with following(listen):
            both_follow.wait(5)
            with board.begin(name, 1) as task:
                worker = threading.Thread(target=task.advance)
                worker.start()
                worker.join()
        with board.begin("later", 1):
            pass

    runs = [threading.Thread(target=run, args=(name,)) for name in heard]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert heard == {"a": ["a"] * 3, "b": ["b"] * 3}, "begun, advanced by another thread, finished"


def test_what_happens_next_goes_with_its_note() -> None:
    task = ProgressBoard().begin("summaries", 4)
    outlook = Outlook(gives_up=60.0, tries=(("gpu-0", 4.0),))
    task.note("no endpoint is left", outlook=outlook)
    assert task.snapshot.outlook == outlook
    task.note("")
    assert task.snapshot.outlook is None
