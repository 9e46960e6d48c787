"""A command marks runs as failed whose process was killed, and no others."""

from __future__ import annotations

import multiprocessing
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

import dagster as dg
import pytest

from relgen_assets.orchestration.jobs import CARD_JOB
from relgen_assets.orchestration.runs import opened_instance, run_card

REPOSITORY = Path(__file__).parents[3]
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project folder with the instance of the repository."""
    shutil.copy(REPOSITORY / "dagster.yaml", tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_killed_run_is_marked_as_failed_and_a_living_one_is_not(root: Path) -> None:
    with endless_run(root):
        assert statuses(root) == [dg.DagsterRunStatus.STARTED], "it lives"
    assert statuses(root) == [dg.DagsterRunStatus.FAILURE]
    with opened_instance(root) as instance:
        (run,) = instance.get_runs()
        (event,) = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
        assert "was killed" in str(event.get_dagster_event().message)


def test_runs_of_other_hosts_and_of_the_daemon_are_left_alone(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(socket, "gethostname", lambda: "elsewhere")
        with endless_run(root):
            pass
    with opened_instance(root) as instance:
        instance.create_run_for_job(endless(FORK.Event()), status=dg.DagsterRunStatus.STARTED)
    assert statuses(root) == [dg.DagsterRunStatus.STARTED] * 2


def test_a_run_that_ended_leaves_nothing_behind(root: Path) -> None:
    @dg.job(name=CARD_JOB)
    def nothing() -> None:
        """Nothing to do."""

    with opened_instance(root) as instance:
        run_card(dg.Definitions(jobs=[nothing]), instance)
    assert statuses(root) == [dg.DagsterRunStatus.SUCCESS]
    assert not list((root / ".relgen").rglob("in_process_runs/*/*"))


def statuses(root: Path) -> list[dg.DagsterRunStatus]:
    with opened_instance(root) as instance:
        return [run.status for run in instance.get_runs()]


@contextmanager
def endless_run(root: Path) -> Iterator[None]:
    """Run a job without end in another process, and kill that when the block ends."""
    begun = FORK.Event()
    process = FORK.Process(target=_run_endlessly, args=(root, begun))
    process.start()
    assert begun.wait(60)
    try:
        yield
    finally:
        process.kill()
        process.join(60)


def _run_endlessly(root: Path, begun: Event) -> None:
    with opened_instance(root) as instance:
        run_card(dg.Definitions(jobs=[endless(begun)]), instance)


def endless(begun: Event) -> dg.JobDefinition:
    @dg.op
    def wait() -> None:
        begun.set()
        time.sleep(600)

    @dg.job(name=CARD_JOB)
    def card() -> None:
        wait()

    return card
