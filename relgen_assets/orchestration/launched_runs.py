"""Runs that local services started: they end with their services, and are recorded as ended.

Dagster leaves them running when its services are told to stop, in a server that nobody sees, and
shows them as running for ever when they are killed. Runs of the command line are the business of
`dead_runs`; those of services on other machines are left alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import dagster as dg

_SERVER_TAG = ".dagster/grpc_info"
"""Dagster notes on each run which code server started it; a local one has a socket."""
_IN_PROGRESS = (
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
_POLL_SECONDS = 0.3
_MESSAGE = "Dagster's services were stopped. Finished answers are kept: run it again."


def launched_runs(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Return the unfinished runs that services on this machine started."""
    runs = instance.get_runs(dg.RunsFilter(statuses=list(_IN_PROGRESS)))
    return [run for run in runs if "socket" in _server(run)]


def orphaned_runs(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Return the unfinished runs whose local services are gone."""
    return [run for run in launched_runs(instance) if not Path(_server(run)["socket"]).exists()]


def wait_for_runs(instance: dg.DagsterInstance, seconds: float) -> None:
    """Wait until no run is unfinished, but not for ever."""
    deadline = time.monotonic() + seconds
    while launched_runs(instance) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def cancel_runs(instance: dg.DagsterInstance, seconds: float) -> None:
    """Cancel all unfinished runs while their services still run, and wait for their ends."""
    for run in launched_runs(instance):
        with suppress(dg.DagsterError):  # its server is gone; `fail_runs` will record that
            instance.run_launcher.terminate(run.run_id)
    wait_for_runs(instance, seconds)


def fail_runs(instance: dg.DagsterInstance, runs: Iterable[dg.DagsterRun]) -> None:
    """Record runs as failed that did not end before their services were killed."""
    for run in runs:
        instance.report_run_failed(run, _MESSAGE)
        if instance.event_log_storage.supports_global_concurrency_limits:
            instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _server(run: dg.DagsterRun) -> dict[str, str]:
    """Return what Dagster noted on a run about its code server; empty for runs without one."""
    noted: dict[str, str] = json.loads(run.tags.get(_SERVER_TAG, "{}"))
    return noted
