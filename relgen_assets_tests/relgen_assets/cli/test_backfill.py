"""`relgen backfill` beside a daemon that runs; a thread stands in for that daemon."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster_shared.error import SerializableErrorInfo

from relgen_assets.orchestration.outage_retries import NO_RETRIES
from relgen_assets.orchestration.partitions import PARTITION_TAG
from relgen_assets.orchestration.runs import opened_instance
from relgen_assets.orchestration.services import only_services
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen

KEYS = ("sample-00000", "sample-00001")
Daemon = Callable[[dg.DagsterInstance, PartitionBackfill], None]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relgen: Relgen) -> Path:
    """A project of the two batches of the sample."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    relgen("init")
    return tmp_path


@contextmanager
def daemon(root: Path, takes_up: Daemon) -> Iterator[None]:
    """Play the daemon of `relgen ui`: take up the first back-fill that is requested."""
    with opened_instance(root) as instance, only_services(root, "relgen ui", "http://localhost"):

        def work() -> None:
            deadline = time.monotonic() + 60
            while not (requested := instance.get_backfills()):
                assert time.monotonic() < deadline
                time.sleep(0.05)
            takes_up(instance, requested[0])

        thread = threading.Thread(target=work)
        thread.start()
        yield
        thread.join(60)


def end_runs(*statuses: dg.DagsterRunStatus) -> Daemon:
    """Let the runs of the batches end like this."""

    def take_up(instance: dg.DagsterInstance, backfill: PartitionBackfill) -> None:
        for key, status in zip(backfill.partition_names or (), statuses, strict=True):
            # Without a retry: a run that a daemon starts again has not ended for the watcher.
            tags = {**NO_RETRIES, PARTITION_TAG: key, "dagster/backfill": backfill.backfill_id}
            run = instance.create_run_for_job(_nothing, tags=tags)
            if status is dg.DagsterRunStatus.FAILURE:
                instance.report_run_failed(run, "no endpoint is left")
            else:
                instance.create_run_for_job(_nothing, tags=tags, status=status)

    return take_up


def fail_launch(instance: dg.DagsterInstance, backfill: PartitionBackfill) -> None:
    """Fail the whole back-fill, as a daemon does that knows no such code location."""
    error = SerializableErrorInfo("Location relgen does not exist in workspace", [], None)
    instance.update_backfill(backfill._replace(status=BulkActionStatus.FAILED, error=error))


def interrupt(_: dg.DagsterInstance, __: PartitionBackfill) -> None:
    """Press Ctrl-C while the command waits."""
    time.sleep(1.0)
    os.kill(os.getpid(), signal.SIGINT)


DONE, FAILED = dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE


def test_it_follows_the_batches_to_their_end(root: Path, relgen: Relgen) -> None:
    with daemon(root, end_runs(DONE, DONE)):
        code, output, error = relgen("backfill", "--watch")
    assert code == 0, error
    assert "`relgen ui`" in output
    assert all(f"{key}  done" in output for key in KEYS)
    assert "of 2 batches: 2 done" in output


def test_it_fails_with_the_reason_of_each_batch_that_failed(root: Path, relgen: Relgen) -> None:
    with daemon(root, end_runs(DONE, FAILED)):
        code, output, error = relgen("backfill", "--watch")
    assert code == 1
    assert f"{KEYS[1]}  failed" in output
    assert f"1 of 2 batches did not succeed: {KEYS[1]}: no endpoint is left" in error


def test_without_watch_it_waits_for_the_start_only(root: Path, relgen: Relgen) -> None:
    with daemon(root, end_runs(dg.DagsterRunStatus.STARTED)):
        code, output, error = relgen("backfill", "--batches", KEYS[0])
    assert code == 0, error
    assert "It has started" in output


def test_a_failed_launch_is_an_error_with_its_reason(root: Path, relgen: Relgen) -> None:
    with daemon(root, fail_launch):
        code, output, error = relgen("backfill")
    assert code == 1
    assert "Location relgen does not exist" in error
    assert "It has started" not in output


def test_ctrl_c_ends_the_watching_and_leaves_the_back_fill(root: Path, relgen: Relgen) -> None:
    with daemon(root, interrupt):
        code, output, _ = relgen("backfill", "--watch")
    assert code == 130
    assert "goes on" in output
    with opened_instance(root) as instance:
        (backfill,) = instance.get_backfills()
        assert backfill.status is BulkActionStatus.REQUESTED


def test_a_batch_that_is_not_there_is_told(root: Path, relgen: Relgen) -> None:
    code, _, error = relgen("backfill", "--batches", "sample-00009")
    assert code != 0
    assert "sample-00009" in error


@dg.job
def _nothing() -> None:
    """A job of no steps."""
