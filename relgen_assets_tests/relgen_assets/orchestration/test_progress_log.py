"""The log of a run tells how far a step has come, what is in its way, and what happens next."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from dataclasses import replace

import pytest

from relgen_assets.orchestration import progress_log
from relgen_assets.orchestration.progress_log import (
    SECONDS_BETWEEN_LINES,
    logged_progress,
    progress_line,
)
from resources.llama_server_pool.loop_thread import LoopThread
from resources.progress import BOARD, EndpointActivity, Outlook, TaskProgress

TASK = TaskProgress(1, "summaries", 50, started=100.0)
GPU = EndpointActivity("gpu-0", 3, 4, 81.6, "ready")
STUCK = Outlook(gives_up=1_000.0, tries=(("gpu-0", 117.0), ("laptop", 90.0)))


@pytest.mark.parametrize(
    ("task", "line"),
    [
        (TASK, "summaries: 0 of 50 done"),
        (
            replace(TASK, done=20, from_ledger=10, failed=1, tokens=500),
            "summaries: 20 of 50 done, 10 from the ledger, 1 failed, 50 tokens/s, about 30 s left",
        ),
        (
            replace(TASK, done=2, endpoints=(GPU, EndpointActivity("pi", 0, None, 0.0, "loading"))),
            "summaries: 2 of 50 done, about 4 min left\n"
            "  gpu-0: ready, 3 requests on 4 slots, 82 tokens/s\n"
            "  pi: loading, 0 requests",
        ),
        (
            replace(
                TASK,
                done=2,
                note="no endpoint is left; gpu-0: refused.",
                outlook=STUCK,
                endpoints=(GPU,),
            ),
            "summaries: 2 of 50 done\n  no endpoint is left; gpu-0: refused.\n"
            "  next try: gpu-0 in 7 s, laptop now; giving up in 15 min",
        ),
        (
            replace(TASK, done=50, tokens=500, finished=True, endpoints=(GPU,)),
            "summaries: 50 of 50 done, 50 tokens/s, ended after 10 s",
        ),
        (replace(TASK, done=3, finished=True), "summaries: 3 of 50 done, stopped after 10 s"),
        (
            replace(TASK, title="embedded server", total=0, note="loading the model"),
            "embedded server: 10 s so far\n  loading the model",
        ),
        (
            replace(TASK, title="embedded server", total=0, finished=True),
            "embedded server: ended after 10 s",
        ),
    ],
)
def test_one_line_says_it_all(task: TaskProgress, line: str) -> None:
    assert progress_line(task, now=110.0) == line


def test_a_line_at_the_start_at_changes_every_half_minute_and_at_the_end(
    log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    step = progress_log._StepLog(log)
    script: list[tuple[float, TaskProgress, bool]] = [
        (100.2, TASK, False),
        (101.2, TASK, True),
        (115.0, replace(TASK, done=5), False),
        (101.3 + SECONDS_BETWEEN_LINES, replace(TASK, done=9), True),
        (135.0, replace(TASK, done=9, endpoints=(GPU,)), False),
        (142.0, replace(TASK, done=9, endpoints=(GPU,)), True),
        (153.0, replace(TASK, done=9, endpoints=(replace(GPU, running=1),)), False),
        (154.0, replace(TASK, note="no endpoint is left", outlook=STUCK), True),
        (155.0, replace(TASK, note="no endpoint is left", outlook=Outlook(1.0)), False),
        (156.0, TASK, True),
        (157.0, replace(TASK, finished=True), True),
    ]
    for now, task, expected in script:
        caplog.clear()
        step.hear(task)
        step.write(now)
        assert bool(caplog.records) is expected, now
        assert [one.levelname for one in caplog.records] == [
            "WARNING" if task.outlook else "INFO"
        ] * (len(caplog.records))
    step.write(200.0)
    assert len(caplog.records) == 1, "a task that has ended is forgotten"


def test_a_batch_that_ends_at_once_gets_its_last_line_only(
    log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    with logged_progress(log), BOARD.begin("summaries", 4) as task:
        task.advance(4, from_ledger=4)
    (line,) = caplog.messages
    assert line.startswith("summaries: 4 of 4 done, 4 from the ledger, ended after")


def test_an_outage_is_told_within_seconds(
    log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    with logged_progress(log, tick=0.01), BOARD.begin("summaries", 4) as task:
        task.note("no endpoint is left; gpu-0: refused", outlook=Outlook(time.monotonic() + 600))
        until = time.monotonic() + 5
        while not caplog.messages and time.monotonic() < until:
            time.sleep(0.01)
        assert "gpu-0: refused\n  giving up in 10 min" in caplog.messages[0]


def test_warnings_of_the_pool_reach_the_run_and_not_the_terminal(
    log: logging.Logger, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    pool = logging.getLogger("resources.some_pool")
    with logged_progress(log):
        pool.warning("%s ignores schemas", "gpu-0")
        pool.info("too much detail")
    assert [one.getMessage() for one in caplog.records if one.name == log.name] == [
        "gpu-0 ignores schemas"
    ]
    assert capfd.readouterr().err == ""


def test_a_flood_of_warnings_is_cut(log: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    with logged_progress(log):
        for number in range(1_000):
            logging.getLogger("resources.some_pool").warning("chunk %d was set aside", number)
    heard = [one.getMessage() for one in caplog.records if one.name == log.name]
    assert heard[0] == "chunk 0 was set aside"
    assert len(heard) < 50
    assert heard[-1].endswith("further warnings")


def test_two_runs_in_one_process_do_not_mix(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    both_run = threading.Barrier(2)

    async def serve(name: str) -> None:
        await asyncio.sleep(0)
        logging.getLogger("resources.some_pool").warning("warning of %s", name)

    def run(name: str) -> None:
        loop = LoopThread(name, closing_seconds=1)
        with logged_progress(logging.getLogger(f"run {name}")), BOARD.begin(name, 1) as task:
            both_run.wait(5)
            loop.run(serve(name))
            task.advance()
            both_run.wait(5)
        loop.close()

    runs = [threading.Thread(target=run, args=(name,)) for name in "ab"]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    for name in "ab":
        heard = [one.getMessage() for one in caplog.records if one.name == f"run {name}"]
        assert heard == [f"warning of {name}", f"{name}: 1 of 1 done, ended after 0 s"]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> logging.Logger:
    caplog.set_level(logging.INFO)
    return logging.getLogger("test run")
