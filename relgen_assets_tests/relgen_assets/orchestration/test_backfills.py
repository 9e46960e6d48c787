"""A back-fill as a row of the instance: requested, looked at, cancelled; no daemon runs here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus
from dagster_shared.error import SerializableErrorInfo

from relgen_assets.orchestration import backfills
from relgen_assets.orchestration.backfills import BatchState
from relgen_assets.orchestration.launched_runs import (
    cancel_runs,
    fail_runs,
    launched_runs,
    orphaned_runs,
)
from relgen_assets_tests.relgen_assets.orchestration.queued_run import add_queued_run

KEYS = ("papers-00000", "papers-00001", "papers-00002")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test(temp_dir=str(tmp_path)) as opened:
        yield opened


def add_run(
    instance: dg.DagsterInstance,
    backfill_id: str,
    key: str,
    status: dg.DagsterRunStatus,
    **tags: str,
) -> dg.DagsterRun:
    """Add the run that a daemon would make for a batch."""
    tags |= {"dagster/backfill": backfill_id, "dagster/partition": key}
    return instance.create_run_for_job(_nothing, status=status, tags=tags)


def test_a_requested_back_fill_waits_until_a_daemon_takes_it_up(
    instance: dg.DagsterInstance,
) -> None:
    backfill_id = backfills.request(instance, KEYS)
    now = backfills.look_at(instance, backfill_id)
    assert now.states == dict.fromkeys(KEYS, BatchState.waiting)
    assert not now.taken_up
    assert not now.ended


def test_the_latest_run_of_a_batch_says_how_it_stands(instance: dg.DagsterInstance) -> None:
    backfill_id = backfills.request(instance, KEYS)
    add_run(instance, backfill_id, KEYS[0], dg.DagsterRunStatus.FAILURE)
    add_run(instance, backfill_id, KEYS[0], dg.DagsterRunStatus.SUCCESS)
    add_run(instance, backfill_id, KEYS[1], dg.DagsterRunStatus.STARTED)
    now = backfills.look_at(instance, backfill_id)
    assert list(now.states.values()) == [
        BatchState.done,
        BatchState.running,
        BatchState.waiting,
    ]
    assert not now.ended


def test_a_failed_run_that_will_be_retried_is_waiting(instance: dg.DagsterInstance) -> None:
    backfill_id = backfills.request(instance, KEYS[:1])
    failure = dg.DagsterRunStatus.FAILURE
    add_run(instance, backfill_id, KEYS[0], failure, **{"dagster/will_retry": "true"})
    assert not backfills.look_at(instance, backfill_id).ended
    add_run(instance, backfill_id, KEYS[0], failure, **{"dagster/will_retry": "false"})
    now = backfills.look_at(instance, backfill_id)
    assert now.ended
    assert now.among(BatchState.failed) == [KEYS[0]]


def test_a_failed_launch_ends_with_its_reason(instance: dg.DagsterInstance) -> None:
    backfill_id = backfills.request(instance, KEYS)
    backfill = instance.get_backfill(backfill_id)
    assert backfill is not None
    error = SerializableErrorInfo("Location relgen does not exist in workspace", [], None)
    instance.update_backfill(backfill._replace(status=BulkActionStatus.FAILED, error=error))
    now = backfills.look_at(instance, backfill_id)
    assert now.ended
    assert "relgen does not exist" in now.fault


def test_a_cancelled_back_fill_leaves_no_run_in_the_queue(instance: dg.DagsterInstance) -> None:
    backfill_id = backfills.request(instance, KEYS)
    for key in KEYS[:2]:
        add_queued_run(instance, **{"dagster/backfill": backfill_id, "dagster/partition": key})
    backfills.cancel(instance, backfill_id)
    backfills.close(instance, backfill_id)
    now = backfills.look_at(instance, backfill_id)
    assert now.ended
    assert now.cancelled
    assert now.among(BatchState.cancelled) == list(KEYS[:2])
    backfill = instance.get_backfill(backfill_id)
    assert backfill is not None
    assert backfill.status is BulkActionStatus.CANCELED


def test_a_run_whose_services_were_killed_is_failed(instance: dg.DagsterInstance) -> None:
    local = {".dagster/grpc_info": '{"host": "localhost", "socket": "/gone"}'}
    remote = {".dagster/grpc_info": '{"host": "code", "port": 4000}'}
    for tags in (local, remote, {}):
        instance.create_run_for_job(_nothing, status=dg.DagsterRunStatus.STARTED, tags=tags)
    (run,) = launched_runs(instance)
    cancel_runs(instance, 0.1)
    assert orphaned_runs(instance) == launched_runs(instance), "the socket is gone"
    fail_runs(instance, launched_runs(instance))
    assert not launched_runs(instance)
    assert backfills.why_failed(instance, run).startswith("Dagster's services were stopped")
    statuses = [one.status for one in instance.get_runs()]
    assert statuses.count(dg.DagsterRunStatus.STARTED) == 2, "those of others are left alone"


@dg.job
def _nothing() -> None:
    """A job of no steps."""
