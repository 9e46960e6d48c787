"""What a run whose step fails shows in Dagster's UI, and which steps are tried again.

Read from the event log, which is what the UI shows.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.plan.objects import StepFailureData

from relgen_assets.definitions import OUTAGE_REMEDY
from relgen_assets.orchestration import outage_retries
from relgen_assets.orchestration.assets import build_assets
from relgen_assets.orchestration.jobs import BATCH_CHECKS_JOB
from relgen_assets.orchestration.outage_retries import RETRIES
from relgen_assets.orchestration.runs import run_batch
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, asked, small_project
from resources.errors import LedgerError, NoEndpointLeft
from resources.progress import BOARD, TaskProgress

pytestmark = pytest.mark.timeout(120)

Kind = dg.DagsterEventType


@dataclass(frozen=True)
class Failed:
    """A batch that a command ran while the only server was dead."""

    small: SmallProject
    run_id: str
    error: NoEndpointLeft


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failed]:
    with _dead_server() as server:
        folder = tmp_path_factory.mktemp("failed")
        with small_project(folder, [server], articles(1)) as small:
            with pytest.raises(NoEndpointLeft) as caught:
                run_batch(small.definitions, small.instance, small.keys[0])
            yield Failed(small, _latest(small), caught.value)


@pytest.fixture
def server() -> Iterator[FakeLlamaServer]:
    with _dead_server() as server:
        yield server


@pytest.fixture
def small(tmp_path: Path, server: FakeLlamaServer) -> Iterator[SmallProject]:
    with small_project(tmp_path, [server], articles(1)) as project:
        yield project


def test_an_outage_fails_with_the_remedy_and_a_table_of_the_endpoints(failed: Failed) -> None:
    failure = _failure(failed.small, failed.run_id)
    assert _description(failure).startswith(OUTAGE_REMEDY)
    assert failure.user_failure_data is not None
    table = failure.user_failure_data.metadata["endpoints"]
    assert isinstance(table, dg.TableMetadataValue)
    (row,) = [record.data for record in table.records]
    assert row["endpoint"] == "server-0"
    assert "refused" in str(row["last_fault"])
    assert failure.error is not None
    cause = failure.error.cause
    assert cause is not None
    assert cause.cls_name == "NoEndpointLeft"
    assert cause.stack, "the stack frames stand behind it"


def test_the_command_line_gets_the_error_itself(failed: Failed) -> None:
    assert "server-0: refused" in failed.error.what
    assert failed.error.remedy == OUTAGE_REMEDY


def test_a_run_of_the_command_line_is_not_tried_again(failed: Failed) -> None:
    assert _count(failed.small, Kind.STEP_UP_FOR_RETRY, failed.run_id) == 0


def test_the_log_tells_of_an_outage_at_once_and_what_happens_next(failed: Failed) -> None:
    entries = failed.small.instance.all_logs(failed.run_id)
    (started,) = [
        entry.timestamp
        for entry in entries
        if entry.step_key == "summaries" and entry.dagster_event_type is Kind.STEP_START
    ]
    told = [entry for entry in entries if "no endpoint is left;" in entry.user_message]
    assert told[0].level == logging.WARNING
    assert told[0].timestamp - started < 8, "seconds"
    assert "server-0: refused" in told[0].user_message
    assert "next try: server-0" in told[0].user_message
    assert "giving up in" in told[0].user_message


def test_a_launched_run_outlives_an_outage_and_asks_everything_once(
    small: SmallProject, server: FakeLlamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage_retries, "FIRST_PAUSE_SECONDS", 0.5)

    def mend(task: TaskProgress) -> None:
        if task.title == "summaries" and task.finished and task.done == 0:
            server.start()

    leave = BOARD.subscribe(mend)
    try:
        assert _launch(small).success
    finally:
        leave()
    assert _count(small, Kind.STEP_UP_FOR_RETRY) == 1
    questions = [(str(body["messages"]), body["seed"]) for body in asked(server)]
    assert len(questions) == len(set(questions)) > 1


def test_an_outage_that_lasts_ends_with_the_remedy(
    small: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage_retries, "FIRST_PAUSE_SECONDS", 0.0)
    assert not _launch(small).success
    assert _count(small, Kind.STEP_UP_FOR_RETRY) == RETRIES
    assert _description(_failure(small)).startswith(OUTAGE_REMEDY)


def test_a_ledger_that_cannot_be_opened_fails_its_step_without_a_retry(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("no database at all", encoding="utf-8")
    with (
        FakeLlamaServer() as server,
        small_project(tmp_path, [server], articles(1)) as small,
    ):
        with pytest.raises(LedgerError) as caught:
            run_batch(small.definitions, small.instance, small.keys[0])
        assert asked(server) == []
        assert not _launch(small).success
        assert _count(small, Kind.STEP_UP_FOR_RETRY) == 0
        assert _description(_failure(small, step="raw_papers")).startswith(caught.value.remedy)


def test_checks_and_stored_tables_name_their_remedy_too(small: SmallProject) -> None:
    (key,) = small.keys
    small.definitions.resolve_job_def(BATCH_CHECKS_JOB).execute_in_process(
        instance=small.instance, tags={"dagster/partition": key}, raise_on_error=False
    )
    failures = _failures(small, _latest(small))
    assert failures
    assert all(_description(one).startswith("Materialise") for one in failures.values())


def test_every_asset_says_the_remedy_first(small: SmallProject) -> None:
    functions = {
        asset.key.to_user_string(): getattr(asset.op.compute_fn, "decorated_fn", None)
        for asset in build_assets(small.project)
    }
    assert len(functions) >= 7
    plain = [name for name, function in functions.items() if not hasattr(function, "__wrapped__")]
    assert plain == [], "give them @remedy_first()"


@contextmanager
def _dead_server() -> Iterator[FakeLlamaServer]:
    """A server that has died, and may come back; until then its port refuses connections."""
    with FakeLlamaServer(slots=3) as server:
        server.stop()
        yield server


def _launch(small: SmallProject) -> dg.ExecuteInProcessResult:
    """Run a batch as the UI or a back-fill launches it, but in this process."""
    job = small.definitions.resolve_job_def("batches")
    return job.execute_in_process(
        instance=small.instance, partition_key=small.keys[0], raise_on_error=False
    )


def _latest(small: SmallProject) -> str:
    return small.instance.get_runs(limit=1)[0].run_id


def _count(small: SmallProject, kind: dg.DagsterEventType, run_id: str = "") -> int:
    return len(small.instance.all_logs(run_id or _latest(small), of_type=kind))


def _failures(small: SmallProject, run_id: str) -> dict[str, StepFailureData]:
    """Return why steps of a run failed."""
    return {
        entry.step_key: entry.dagster_event.step_failure_data
        for entry in small.instance.all_logs(run_id, of_type=Kind.STEP_FAILURE)
        if entry.dagster_event is not None and entry.step_key is not None
    }


def _failure(small: SmallProject, run_id: str = "", *, step: str = "summaries") -> StepFailureData:
    """Return why a step failed: by default the first that needs servers."""
    return _failures(small, run_id or _latest(small))[step]


def _description(failure: StepFailureData) -> str:
    """Return what the UI shows first."""
    data = failure.user_failure_data
    return (data.description if data else None) or ""
