"""The event log of an instance: what it stores is what Dagster's own class reads, and back."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import ASSET_EVENTS
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord

from resources.sqlite_event_log import SqliteEventLog

OURS = ("resources.sqlite_event_log", "SqliteEventLog")
WRITTEN = 10
DAGSTERS = ("dagster._core.storage.event_log", "SqliteEventLogStorage")


@dg.asset
def numbers() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"count": 3})


@dg.asset_check(asset=numbers)
def numbers_are_few() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset_check(asset=numbers)
def numbers_are_odd() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False)


class Unwritable(dg.EventLogEntry):
    """An event that ends the transaction it is stored in."""

    @property
    def dagster_event_type(self) -> dg.DagsterEventType:
        """Fail where the index would be written."""
        raise dg.DagsterInvariantViolationError("cannot be written")


@contextmanager
def opened(folder: Path, storage: tuple[str, str] = OURS) -> Iterator[dg.DagsterInstance]:
    """Open the instance of a folder, as `dagster.yaml` describes it."""
    module, name = storage
    (folder / "dagster.yaml").write_text(
        f"event_log_storage:\n  module: {module}\n  class: {name}\n"
        f"  config: {{base_dir: {folder / 'events'}}}\n"
        "compute_logs:\n  module: dagster._core.storage.noop_compute_log_manager\n"
        "  class: NoOpComputeLogManager\n"
        "telemetry: {enabled: false}\n",
        encoding="utf-8",
    )
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        yield instance


def run(instance: dg.DagsterInstance) -> str:
    """Materialise the asset; return the id of the run."""
    return dg.materialize([numbers], instance=instance).run_id


def counted(instance: dg.DagsterInstance) -> int:
    """Return how many materialisations the instance knows."""
    return len(instance.fetch_materializations(numbers.key, limit=100).records)


def checked(instance: dg.DagsterInstance) -> dict[str, AssetCheckExecutionRecord]:
    """Return the last result of each check, by its name."""
    keys = [dg.AssetCheckKey(numbers.key, name) for name in ("numbers_are_few", "numbers_are_odd")]
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return {key.name: one for key, one in found.items()}


def test_the_class_of_the_settings_is_used(tmp_path: Path) -> None:
    with opened(tmp_path) as instance:
        assert isinstance(instance.event_log_storage, SqliteEventLog)


def test_an_instance_can_change_to_this_class_and_back(tmp_path: Path) -> None:
    runs: list[str] = []
    for number, storage in enumerate((DAGSTERS, OURS, DAGSTERS), start=1):
        with opened(tmp_path, storage) as instance:
            runs.append(run(instance))
            assert counted(instance) == number
            for one in runs:
                kinds = {entry.dagster_event_type for entry in instance.all_logs(one)}
                assert {dg.DagsterEventType.RUN_SUCCESS} <= kinds


def test_another_process_sees_every_event_at_once(tmp_path: Path) -> None:
    with opened(tmp_path) as writing, opened(tmp_path) as reading:
        run(writing)
        assert counted(reading) == 1
        run(writing)
        assert counted(reading) == 2


@pytest.mark.parametrize("at_once", ["0", "100"])
def test_what_a_run_plans_is_stored_alike_one_by_one_and_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: str
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", at_once)
    with opened(tmp_path) as instance:
        ended = dg.materialize([numbers, numbers_are_few, numbers_are_odd], instance=instance)
        kinds = [entry.dagster_event_type for entry in instance.all_logs(ended.run_id)]
        assert kinds.count(dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED) == 1
        assert kinds.count(dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED) == 2
        assert counted(instance) == 1
        checks = {key: one.status.value for key, one in checked(instance).items()}
        assert checks == {"numbers_are_few": "SUCCEEDED", "numbers_are_odd": "FAILED"}


def test_events_that_are_stored_at_once_are_stored_all_or_none(tmp_path: Path) -> None:
    with opened(tmp_path) as instance:
        stored = instance.all_logs(run(instance))
        good = next(one for one in stored if one.dagster_event_type in ASSET_EVENTS)
        broken = [good, Unwritable(*good)]  # type: ignore[no-untyped-call]
        with pytest.raises(dg.DagsterInvariantViolationError, match="cannot be written"):
            instance.event_log_storage.store_event_batch(broken)
        assert instance.all_logs(good.run_id) == stored
        assert counted(instance) == 1


def test_a_watcher_is_told_of_new_events(tmp_path: Path) -> None:
    arrived = threading.Event()
    with opened(tmp_path) as writing, opened(tmp_path, DAGSTERS) as watching:
        job = dg.Definitions([numbers], jobs=[dg.define_asset_job("all")]).resolve_job_def("all")
        created = writing.create_run_for_job(job)
        watching.watch_event_logs(created.run_id, None, lambda _entry, _cursor: arrived.set())
        writing.report_engine_event("something happened", created)
        assert arrived.wait(10)


def test_each_event_changes_the_file_of_its_run(tmp_path: Path) -> None:
    with opened(tmp_path) as instance:
        job = dg.Definitions([numbers], jobs=[dg.define_asset_job("all")]).resolve_job_def("all")
        created = instance.create_run_for_job(job)
        path = tmp_path / "events" / f"{created.run_id}.db"
        for number in range(3):
            os.utime(path, (0, 0))
            instance.report_engine_event(f"event {number}", created)
            assert path.stat().st_mtime > 0


def test_the_database_of_a_run_is_closed_when_it_has_ended(tmp_path: Path) -> None:
    with opened(tmp_path) as instance:
        first, second = run(instance), run(instance)
        left = {path.name for path in (tmp_path / "events").glob("*-wal")}
        assert left <= {"index.db-wal"}
        for one in (first, second):
            assert len(instance.all_logs(one)) == len(instance.all_logs(first)) > 0


def test_without_hard_links_databases_are_made_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_file: str, _link: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refused)
    with opened(tmp_path) as instance:
        for number in (1, 2):
            run(instance)
            assert counted(instance) == number


def test_threads_write_side_by_side(tmp_path: Path) -> None:
    # Events only: Dagster starts no two runs at once in one process, where the configuration of
    # logging and a handler that stores an event may wait for each other for ever.
    with opened(tmp_path) as instance:
        ids = [run(instance) for _ in range(2)]
        runs = [dg.DagsterRun("numbers", run_id=one) for one in ids]

        def write(own: dg.DagsterRun) -> None:
            for number in range(WRITTEN):
                instance.report_engine_event(f"event {number}", own)
                instance.report_runless_asset_event(dg.AssetMaterialization(numbers.key))

        with ThreadPoolExecutor() as threads:
            list(threads.map(write, runs))
        for one in ids:
            told = [entry.message for entry in instance.all_logs(one)]
            assert told[-WRITTEN:] == [f"event {number}" for number in range(WRITTEN)]
        assert counted(instance) == 2 + 2 * WRITTEN


def test_a_forked_process_leaves_the_connection_of_its_parent_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as instance:
        run(instance)
        child = os.fork()
        if child == 0:
            os._exit(0 if counted(instance) == 1 else 1)
        assert os.waitpid(child, 0)[1] == 0
        run(instance)
        assert counted(instance) == 2


def test_a_closed_log_opens_again_and_a_wiped_one_is_empty(tmp_path: Path) -> None:
    with opened(tmp_path) as instance:
        run(instance)
        instance.event_log_storage.dispose()
        assert counted(instance) == 1
        instance.event_log_storage.wipe()
        assert counted(instance) == 0
        run(instance)
        assert counted(instance) == 1


def test_the_events_of_a_run_need_its_id(tmp_path: Path) -> None:
    with opened(tmp_path) as instance, pytest.raises(ValueError, match="give its id"):
        instance.event_log_storage.run_connection(None)  # type: ignore[attr-defined]
