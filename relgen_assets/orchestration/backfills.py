"""Back-fills of the job `batches`: request one, see how its batches stand, cancel it.

A back-fill is a row of the instance. A daemon takes it up, within half a minute, and queues a run
for each batch. This is what the web UI does, too; Dagster has no public function for it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from uuid import uuid4

import dagster as dg
from dagster._core.events import JobFailureData
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.execution.plan.objects import StepFailureData
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemotePartitionSetOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.remote_representation.external_data import partition_set_snap_name_for_job_name

from relgen_assets.orchestration.home import LOCATION
from relgen_assets.orchestration.jobs import BATCH_JOB
from relgen_assets.orchestration.partitions import PARTITION_TAG

_REPOSITORY = "__repository__"
"""Dagster's name for the definitions of a module."""
_BACKFILL_TAG = "dagster/backfill"
_WILL_RETRY_TAG = "dagster/will_retry"
_RETRIED_TAG = "dagster/auto_retry_run_id"
_RUNNING = frozenset({"STARTING", "STARTED", "CANCELING"})


class BatchState(Enum):
    """How a batch of a back-fill stands."""

    waiting = "waiting"
    running = "running"
    done = "done"
    failed = "failed"
    cancelled = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to the batch."""
        return self not in (BatchState.waiting, BatchState.running)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How a back-fill stands.

    Attributes:
        states: The state of each batch.
        runs: The latest run of each batch that has one.
        fault: Why the back-fill as a whole failed; empty if it did not.
        cancelled: Whether somebody cancelled it.
    """

    states: dict[str, BatchState]
    runs: dict[str, dg.DagsterRun]
    fault: str = ""
    cancelled: bool = False

    @property
    def taken_up(self) -> bool:
        """Whether a daemon has begun to queue its runs."""
        return bool(self.runs)

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to any batch."""
        stopped = bool(self.fault) or self.cancelled
        states = self.states.values()
        if stopped:
            return BatchState.running not in states
        return all(state.ended for state in states)

    def among(self, *states: BatchState) -> list[str]:
        """Return the batches in one of these states."""
        return [key for key, state in self.states.items() if state in states]


def request(instance: dg.DagsterInstance, keys: Sequence[str]) -> str:
    """Request a back-fill of these batches, in this order; return its id."""
    origin = RemotePartitionSetOrigin(
        repository_origin=RemoteRepositoryOrigin(
            # The daemon finds the location by this name in its own workspace.
            RegisteredCodeLocationOrigin(LOCATION),
            _REPOSITORY,
        ),
        partition_set_name=partition_set_snap_name_for_job_name(BATCH_JOB),
    )
    backfill = PartitionBackfill(
        backfill_id=uuid4().hex[:8],
        status=BulkActionStatus.REQUESTED,
        from_failure=False,
        tags={},
        backfill_timestamp=time.time(),
        partition_set_origin=origin,
        partition_names=list(keys),
    )
    instance.add_backfill(backfill)
    return backfill.backfill_id


def look_at(instance: dg.DagsterInstance, backfill_id: str) -> Snapshot:
    """Return how a back-fill stands."""
    backfill = _get(instance, backfill_id)
    found = instance.get_runs(dg.RunsFilter(tags={_BACKFILL_TAG: backfill_id}))  # newest first
    runs: dict[str, dg.DagsterRun] = {}
    for run in found:
        runs.setdefault(run.tags[PARTITION_TAG], run)
    states = {
        key: _state(runs[key]) if key in runs else BatchState.waiting
        for key in backfill.partition_names or ()
    }
    failed = backfill.status in (BulkActionStatus.FAILED, BulkActionStatus.FAILING)
    fault = backfill.error.message.strip() if backfill.error else "no reason was recorded"
    return Snapshot(
        states,
        runs,
        fault=fault if failed else "",
        cancelled=backfill.status in (BulkActionStatus.CANCELED, BulkActionStatus.CANCELING),
    )


def why_failed(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    """Return what a failed run reported: the error of its step, or why it could not start."""
    for kind in (dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE):
        for entry in instance.all_logs(run.run_id, of_type=kind):
            if found := _reason(entry.dagster_event):
                return found
    return "it reported no reason; see its log in the web UI"


def cancel(instance: dg.DagsterInstance, backfill_id: str) -> None:
    """Mark a back-fill as being cancelled, and take its runs out of the queue.

    Those that run already are for `launched_runs` to cancel. Then comes `close`.
    """
    _set_status(instance, backfill_id, BulkActionStatus.CANCELING)
    queued = dg.RunsFilter(tags={_BACKFILL_TAG: backfill_id}, statuses=[dg.DagsterRunStatus.QUEUED])
    for run in instance.get_runs(queued):
        instance.report_run_canceling(run)
        instance.report_run_canceled(run)


def close(instance: dg.DagsterInstance, backfill_id: str) -> None:
    """Record how a back-fill ended; a daemon that stops at once has no time to do so."""
    now = look_at(instance, backfill_id)
    if now.fault:
        return
    if now.cancelled:
        status = BulkActionStatus.CANCELED
    elif now.among(BatchState.failed, BatchState.cancelled):
        status = BulkActionStatus.COMPLETED_FAILED
    else:
        status = BulkActionStatus.COMPLETED_SUCCESS
    _set_status(instance, backfill_id, status)


def _set_status(instance: dg.DagsterInstance, backfill_id: str, status: BulkActionStatus) -> None:
    changed: PartitionBackfill = _get(instance, backfill_id).with_status(status)  # type: ignore[no-untyped-call]
    if status is not BulkActionStatus.CANCELING:
        changed = changed.with_end_timestamp(time.time())
    instance.update_backfill(changed)


def _get(instance: dg.DagsterInstance, backfill_id: str) -> PartitionBackfill:
    backfill = instance.get_backfill(backfill_id)
    if backfill is None:
        raise KeyError(backfill_id)
    return backfill


def _state(run: dg.DagsterRun) -> BatchState:
    if run.status is dg.DagsterRunStatus.SUCCESS:
        return BatchState.done
    if run.status is dg.DagsterRunStatus.CANCELED:
        return BatchState.cancelled
    if run.status is dg.DagsterRunStatus.FAILURE:
        again = run.tags.get(_WILL_RETRY_TAG) == "true" and _RETRIED_TAG not in run.tags
        return BatchState.waiting if again else BatchState.failed
    return BatchState.running if run.status.value in _RUNNING else BatchState.waiting


def _reason(event: dg.DagsterEvent | None) -> str:
    """Return what an event says of its failure: a description, the error at its root, or less."""
    if event is None:
        return ""
    data = event.event_specific_data  # a run that was failed from outside has none
    error = data.error if isinstance(data, StepFailureData | JobFailureData) else None
    if isinstance(data, StepFailureData) and data.user_failure_data:
        described = data.user_failure_data.description
        if described:
            return described
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return event.message or ""
    kind, colon, message = error.message.strip().partition(": ")
    return message if colon and kind.endswith(error.cls_name or "") else error.message.strip()
