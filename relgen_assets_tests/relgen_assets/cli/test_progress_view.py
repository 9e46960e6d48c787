"""What progress looks like at 80 columns, and in a line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relgen_assets.cli.progress_view import endpoint_lines, live_lines, plain_line, shown_time
from resources.progress import EndpointActivity, Outlook, TaskProgress

GPU = EndpointActivity("gpu-0", 4, 4, 51.25, "ready")
BOARD = EndpointActivity("board-0", 0, None, 0.0, "out: refused")
TASK = TaskProgress(1, "raw_extractions", 37, done=13, tokens=900, endpoints=(GPU, BOARD))


def lines(task: TaskProgress, left: float | None = 58.4, width: int = 80) -> list[str]:
    return [line.plain for line in live_lines(task, left, 31.0, width)]


def test_a_task_shows_its_bar_rate_tokens_and_time_left_and_what_each_endpoint_does() -> None:
    head, gpu, board = lines(TASK)
    assert head.startswith("raw_extractions  ━")
    assert head.endswith("13/37  0.42/s  51 tok/s  0:31  eta 0:58")
    assert len(head) <= 80
    assert gpu.split() == ["gpu-0", "4/4", "51.2", "tok/s", "ready"]
    assert board.split() == ["board-0", "0/?", "0.0", "tok/s", "out:", "refused"]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    noted = replace(TASK, note="no endpoint is left. " + "gpu-0: refused, it is gone; " * 9)
    assert max(map(len, lines(noted, width=width))) <= width


def test_the_time_left_is_open_until_it_is_known() -> None:
    assert lines(replace(TASK, done=0), None)[0].endswith("eta -:--")


def test_a_stuck_task_says_why_and_what_happens_next() -> None:
    outlook = Outlook(gives_up=631.0, tries=(("gpu-0", 43.0),))
    stuck = replace(TASK, note="no endpoint is left. gpu-0: refused", outlook=outlook)
    assert lines(stuck)[1:3] == [
        "  no endpoint is left. gpu-0: refused",
        "  giving up in 10:00; next try: gpu-0 in 0:12",
    ]


def test_failures_are_counted() -> None:
    assert "2 failed" in lines(replace(TASK, failed=2))[0]


def test_work_without_a_count_shows_that_it_lives_and_what_it_does() -> None:
    starting = TaskProgress(2, "embedded server", 0, note="loading the model")
    (line,) = lines(starting)
    assert line.startswith("embedded server ")
    assert line.endswith(" 0:31  loading the model")


def test_a_large_fleet_takes_a_few_lines_only() -> None:
    fleet = [replace(GPU, name=f"gpu-{number}") for number in range(20)] + [BOARD]
    shown = endpoint_lines(fleet)
    assert len(shown) == 7
    assert shown[-1].split() == ["+15", "more", "56", "717.5", "tok/s", "14", "of", "15", "ready"]


def test_a_plain_line_says_it_all() -> None:
    assert plain_line(replace(TASK, from_ledger=3, failed=1), 58.4, 31.0) == (
        "raw_extractions: 13/37, 3 from the ledger, 1 failed, 0.32/s, 51 tok/s, 0:31, eta 0:58,"
        " gpu-0 4/4 ready, board-0 0/? out: refused"
    )


def test_a_plain_line_about_known_answers_tells_no_speed_and_no_idle_endpoints() -> None:
    known = replace(TASK, done=37, from_ledger=37, finished=True)
    assert plain_line(known, None, 31.0) == "raw_extractions: 37/37, 37 from the ledger, 0:31"


@pytest.mark.parametrize(("seconds", "shown"), [(0.4, "0:00"), (61, "1:01"), (7_384, "2:03:04")])
def test_times_are_short(seconds: float, shown: str) -> None:
    assert shown_time(seconds) == shown
