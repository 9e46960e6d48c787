"""Runs of the graph in this process, on the Dagster instance that the web UI shows.

Used by the command line. A failed step raises its own error here; the run is recorded as failed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
from filelock import FileLock

from relgen_assets.domain_errors import ActionableError
from relgen_assets.orchestration.dead_runs import alive, fail_dead_runs
from relgen_assets.orchestration.drop_job import DROP_JOB, drop_config
from relgen_assets.orchestration.failed_checks import raise_failed_checks
from relgen_assets.orchestration.jobs import (
    BATCH_CHECKS_JOB,
    BATCH_JOB,
    CARD_CHECKS_JOB,
    CARD_JOB,
    RETRY_JOB,
    retry_config,
)
from relgen_assets.settings import STATE_FOLDER

_LOCK = Path(STATE_FOLDER, "dagster.lock")
_PARTITION_TAG = "dagster/partition"
_MAKING_JOBS = (BATCH_JOB, RETRY_JOB)
_UNSUCCESSFUL = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""Logs of a run go to the instance; the terminal belongs to the progress bar."""


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """The result of one asset check.

    Attributes:
        partition: Batch that was checked, or `None` for a check over all batches.
        is_error: Whether a failure is an error rather than a warning.
        details: The metadata that the check recorded.
    """

    asset: str
    name: str
    partition: str | None
    passed: bool
    is_error: bool
    details: dict[str, object]


@contextmanager
def opened_instance(root: Path) -> Iterator[dg.DagsterInstance]:
    """Open the Dagster instance of the project folder, unless `DAGSTER_HOME` names another.

    One process at a time opens it: two that create the tables of a new SQLite instance at the same
    moment leave it unusable ("more than one head present"). Runs whose process was killed are
    reported as failed.
    """
    home = os.environ.setdefault("DAGSTER_HOME", str(root.resolve()))
    with _alone(root) if Path(home) == root.resolve() else nullcontext():
        instance = dg.DagsterInstance.get()
    with instance:
        fail_dead_runs(instance)
        yield instance


def _alone(root: Path) -> FileLock:
    lock = root / _LOCK
    lock.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(lock)


def run_batch(definitions: dg.Definitions, instance: dg.DagsterInstance, key: str) -> None:
    """Materialise every asset of one batch.

    Raises:
        ActionableError: The run failed; the error of the step that failed, or `ChecksFailed`.
    """
    _run(definitions, instance, BATCH_JOB, {_PARTITION_TAG: key})


def run_retry(
    definitions: dg.Definitions, instance: dg.DagsterInstance, key: str, further_attempts: int
) -> None:
    """Ask again about rejected and failed chunks of one batch, and update what depends on them.

    Raises:
        ActionableError: The run failed; the error of the step that failed, or `ChecksFailed`.
    """
    _run(definitions, instance, RETRY_JOB, {_PARTITION_TAG: key}, retry_config(further_attempts))


def run_drop(definitions: dg.Definitions, instance: dg.DagsterInstance, key: str) -> None:
    """Remove the tables and shards of one batch, and write the card anew.

    Raises:
        ActionableError: The batch is unknown or in use, or a file cannot be removed.
    """
    _run(definitions, instance, DROP_JOB, {_PARTITION_TAG: key}, drop_config())


def run_card(definitions: dg.Definitions, instance: dg.DagsterInstance) -> None:
    """Materialise the dataset card from the batches that exist.

    Raises:
        ActionableError: The run failed; the error of the step that failed, or `ChecksFailed`.
    """
    _run(definitions, instance, CARD_JOB, {})


def unfinished_batches(instance: dg.DagsterInstance, keys: Sequence[str]) -> set[str]:
    """Return the batches whose latest run did not succeed, e.g. because a check failed.

    Such a batch can look complete: the shards of an earlier run are still there.

    Args:
        instance: The instance that recorded the runs.
        keys: Partition keys of the batches to look at.
    """
    suspects = {
        run.tags.get(_PARTITION_TAG, "")
        for job in _MAKING_JOBS
        for run in instance.get_runs(dg.RunsFilter(job_name=job, statuses=_UNSUCCESSFUL))
    }
    return {key for key in suspects.intersection(keys) if not _last_run_succeeded(instance, key)}


def _last_run_succeeded(instance: dg.DagsterInstance, key: str) -> bool:
    runs = instance.get_runs(dg.RunsFilter(tags={_PARTITION_TAG: key}))
    making = (run for run in runs if run.job_name in _MAKING_JOBS)
    return next(making).status not in _UNSUCCESSFUL


def run_checks(
    definitions: dg.Definitions, instance: dg.DagsterInstance, keys: Sequence[str]
) -> Iterator[CheckOutcome]:
    """Run the checks of the given batches, then those over all batches.

    Raises:
        ActionableError: A check could not run.
    """
    for key in keys:
        yield from _check(definitions, instance, BATCH_CHECKS_JOB, {_PARTITION_TAG: key}, key)
    yield from _check(definitions, instance, CARD_CHECKS_JOB, {}, None)


def _run(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    job: str,
    tags: dict[str, str],
    config: dict[str, Any] | None = None,
) -> dg.ExecuteInProcessResult:
    # The partition is given as a tag: Dagster refuses its own argument for jobs that hold only
    # checks.
    run_id = str(uuid4())
    try:
        what = tags.get(_PARTITION_TAG, "the dataset")
        with alive(instance, run_id), raise_failed_checks(instance, run_id, what):
            return definitions.resolve_job_def(job).execute_in_process(
                instance=instance,
                tags=tags,
                run_config={**_QUIET, **(config or {})},
                run_id=run_id,
            )
    except dg.DagsterResourceFunctionError as error:
        # Dagster raises a step's own error, but wraps that of a resource, e.g. of the ledger.
        if isinstance(error.user_exception, ActionableError):
            raise error.user_exception from None
        raise


def _check(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    job: str,
    tags: dict[str, str],
    key: str | None,
) -> Iterator[CheckOutcome]:
    result = _run(definitions, instance, job, tags)
    for evaluation in result.get_asset_check_evaluations():
        yield CheckOutcome(
            asset=evaluation.asset_key.to_user_string(),
            name=evaluation.check_name,
            partition=key,
            passed=evaluation.passed,
            is_error=evaluation.severity is dg.AssetCheckSeverity.ERROR,
            details={name: value.value for name, value in evaluation.metadata.items()},
        )
