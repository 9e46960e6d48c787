"""Runs of the graph in this process, on the Dagster instance that the web UI shows.

Used by the command line. A failed step raises its own error here; the run is recorded as failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
from filelock import FileLock, Timeout

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.shards import Shard, find_shards, shard_places
from relgen_assets.integrity.overview import StoredTables, complete_batches
from relgen_assets.orchestration.dead_runs import fail_dead_runs
from relgen_assets.orchestration.drop_job import DROP_JOB, drop_config
from relgen_assets.orchestration.failed_checks import raise_failed_checks
from relgen_assets.orchestration.home import Origin, prepare_home
from relgen_assets.orchestration.in_process import QUIET, executing, without_helpers
from relgen_assets.orchestration.jobs import (
    BATCH_JOB,
    CARD_JOB,
    RETRY_JOB,
    retry_config,
)
from relgen_assets.orchestration.outage_retries import NO_RETRIES
from relgen_assets.orchestration.partitions import PARTITION_TAG
from relgen_assets.settings import STATE_FOLDER
from resources.progress import BOARD
from resources.step_failures import error_of

_LOCK = Path(STATE_FOLDER, "dagster.lock")
_UNTOLD_SECONDS = 2.0
"""A wait for the instance that is longer is shown."""
_MAKING_JOBS = (BATCH_JOB, RETRY_JOB)
_UNSUCCESSFUL = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


@contextmanager
def opened_instance(root: Path) -> Iterator[dg.DagsterInstance]:
    """Open the Dagster instance of the project folder, unless `DAGSTER_HOME` names another.

    One process at a time opens it: two that create the tables of a new SQLite instance at the same
    moment leave it unusable ("more than one head present"). Runs whose process was killed are
    reported as failed.

    Args:
        root: The project folder. The working folder has to be the same, since the paths of the
            instance are relative to it.

    Raises:
        ConfigurationError: `DAGSTER_HOME` is relative, or not a folder.
        StorageError: The state folder cannot be written.
    """
    home = prepare_home(root)
    with nullcontext() if home.origin is Origin.environment else _alone(root):
        instance = without_helpers(dg.DagsterInstance.get())
    with instance:
        fail_dead_runs(instance)
        yield instance


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    path = root / _LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=_UNTOLD_SECONDS)
    except Timeout:
        with BOARD.begin("instance", 0) as task:
            task.note("another command is opening the Dagster instance; waiting until it is done")
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


def run_batch(definitions: dg.Definitions, instance: dg.DagsterInstance, key: str) -> None:
    """Materialise every asset of one batch.

    Raises:
        ActionableError: The run failed; the error of the step that failed, or `ChecksFailed`.
    """
    _run(definitions, instance, BATCH_JOB, {PARTITION_TAG: key})


def run_retry(
    definitions: dg.Definitions, instance: dg.DagsterInstance, key: str, further_attempts: int
) -> None:
    """Ask again about rejected and failed chunks of one batch, and update what depends on them.

    Raises:
        ActionableError: The run failed; the error of the step that failed, or `ChecksFailed`.
    """
    _run(definitions, instance, RETRY_JOB, {PARTITION_TAG: key}, retry_config(further_attempts))


def run_drop(definitions: dg.Definitions, instance: dg.DagsterInstance, key: str) -> None:
    """Remove the tables and shards of one batch, and write the card anew.

    Raises:
        ActionableError: The batch is unknown or in use, or a file cannot be removed.
    """
    _run(definitions, instance, DROP_JOB, {PARTITION_TAG: key}, drop_config())


def run_card(definitions: dg.Definitions, instance: dg.DagsterInstance) -> None:
    """Materialise the dataset card from the batches that exist.

    Raises:
        ActionableError: The run failed; the error of the step that failed, or `ChecksFailed`.
    """
    _run(definitions, instance, CARD_JOB, {})


def missing_batches(
    instance: dg.DagsterInstance, tables: StoredTables, dataset: str, keys: Sequence[str]
) -> list[str]:
    """Return the batches that the dataset lacks, or whose latest run did not succeed.

    Args:
        instance: The instance that recorded the runs.
        tables: Where the tables of the batches are stored.
        dataset: Folder of the dataset.
        keys: Partition keys of the batches to look at.

    Batches with a shard that cannot be read are among them, since a run writes it anew.

    Raises:
        StorageError: A folder cannot be listed.
    """
    done = complete_batches(tables, _readable_shards(dataset)) - _unfinished(instance, keys)
    return [key for key in keys if key not in done]


def _readable_shards(dataset: str) -> list[Shard]:
    try:
        return find_shards(dataset)
    except DatasetError:
        found: list[Shard] = []
        for key in {partition for *_, partition in shard_places(dataset)}:
            with suppress(DatasetError):
                found += find_shards(dataset, key)
        return found


def _unfinished(instance: dg.DagsterInstance, keys: Sequence[str]) -> set[str]:
    """Return the batches whose latest run did not succeed, e.g. because a check failed.

    Such a batch can look complete: the shards of an earlier run are still there.
    """
    suspects = {
        run.tags.get(PARTITION_TAG, "")
        for job in _MAKING_JOBS
        for run in instance.get_runs(dg.RunsFilter(job_name=job, statuses=_UNSUCCESSFUL))
    }
    return {key for key in suspects.intersection(keys) if not _last_run_succeeded(instance, key)}


def _last_run_succeeded(instance: dg.DagsterInstance, key: str) -> bool:
    runs = instance.get_runs(dg.RunsFilter(tags={PARTITION_TAG: key}))
    making = (run for run in runs if run.job_name in _MAKING_JOBS)
    return next(making).status not in _UNSUCCESSFUL


def _run(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    job: str,
    tags: dict[str, str],
    config: dict[str, Any] | None = None,
) -> dg.ExecuteInProcessResult:
    run_id = str(uuid4())
    try:
        what = tags.get(PARTITION_TAG, "the dataset")
        with executing(instance, run_id), raise_failed_checks(instance, run_id, what):
            return definitions.resolve_job_def(job).execute_in_process(
                instance=instance,
                tags={**NO_RETRIES, **tags},
                run_config={**QUIET, **(config or {})},
                run_id=run_id,
            )
    except dg.Failure as failure:
        # What the UI shows of a failed step; here the error itself is wanted.
        if (error := error_of(failure)) is not None:
            raise error from None
        raise
