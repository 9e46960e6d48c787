"""New articles become batches, rejected rows are asked about again; both once switched on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
import pytest

from relgen_assets.definitions import build_defs
from relgen_assets.orchestration.automation import (
    ARTICLES_SENSOR,
    NIGHTLY_RETRY,
    STALE_SENSOR,
    UNLISTED_SENSOR,
    retryable_batches,
)
from relgen_assets.orchestration.checks.provenance import CURRENT_CHECK
from relgen_assets.orchestration.jobs import BATCH_JOB
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import run_batch, run_drop, run_retry
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import SmallProject, articles, small_project, stubborn_about

SEEDS = 2
"""The first attempts about one chunk are useless, the next one is not."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallProject]:
    """Three articles in two batches, of which none is made; the tests run in their order."""
    answer = stubborn_about("Observation 0.1 agrees.", seeds=SEEDS)
    folder = tmp_path_factory.mktemp("automation")
    extractions = {"mode": "candidates", "max_attempts": SEEDS + 1}
    with (
        FakeLlamaServer(slots=3, answer=answer) as server,
        small_project(
            folder, [server], articles(3, sentences=4), extractions=extractions
        ) as opened,
    ):
        yield opened


def add(small: SmallProject, rows: list[dict[str, Any]], *, before: bool = False) -> None:
    source = Path(small.folder, "papers.jsonl")
    new, old = "".join(json.dumps(row) + "\n" for row in rows), source.read_text(encoding="utf-8")
    source.write_text(new + old if before else old + new, encoding="utf-8")


def look(small: SmallProject) -> dg.SensorResult:
    """Return what the sensor of the loaded definitions does at a tick."""
    repository = small.definitions.get_repository_def()
    context = dg.build_sensor_context(
        instance=small.instance,
        repository_def=repository,
    )
    result = repository.get_sensor_def(ARTICLES_SENSOR)(context)
    assert isinstance(result, dg.SensorResult)
    return result


def read_articles(definitions: dg.Definitions, small: SmallProject, key: str) -> None:
    """Materialise the articles of a batch and nothing else."""
    job = definitions.resolve_job_def(BATCH_JOB)
    job.get_subset(asset_selection={dg.AssetKey("raw_papers")}).execute_in_process(
        instance=small.instance, tags={"dagster/partition": key}
    )


def keys(result: dg.SensorResult) -> list[str]:
    return [request.tags["dagster/partition"] for request in result.run_requests or []]


def test_what_sends_requests_is_off_by_default(small: SmallProject) -> None:
    repository = small.definitions.get_repository_def()
    sensor = repository.get_sensor_def(ARTICLES_SENSOR)
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
    schedule = repository.get_schedule_def(NIGHTLY_RETRY)
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED


def test_a_change_runs_the_check_that_names_stale_batches_once(small: SmallProject) -> None:
    def tick(definitions: dg.Definitions, cursor: str | None) -> dg.SensorResult:
        context = dg.build_sensor_context(instance=small.instance, cursor=cursor)
        result = definitions.get_repository_def().get_sensor_def(STALE_SENSOR)(context)
        assert isinstance(result, dg.SensorResult)
        return result

    nothing = tick(small.definitions, None)
    assert not nothing.run_requests, "there is no dataset yet"
    small.instance.report_runless_asset_event(dg.AssetMaterialization("dataset_card"))
    assert not tick(small.definitions, nothing.cursor).run_requests
    settings = small.project.settings
    colder = settings.summaries.model_copy(update={"temperature": 0.1})
    changed = build_defs(Project(settings.model_copy(update={"summaries": colder})))
    told = tick(changed, nothing.cursor)
    (request,) = told.run_requests or []
    assert request.asset_check_keys == [CURRENT_CHECK]
    assert not tick(changed, told.cursor).run_requests


def test_every_look_asks_for_the_same_runs_until_they_have_begun(small: SmallProject) -> None:
    first, again = look(small), look(small)
    assert keys(first) == ["papers-00000", "papers-00001"]
    # Dagster starts a run only for the first request with its key.
    assert [one.run_key for one in first.run_requests or []] == [
        one.run_key for one in again.run_requests or []
    ]


def test_new_articles_make_new_batches_wherever_they_stand(small: SmallProject) -> None:
    for key in small.keys:
        read_articles(small.definitions, small, key)
    assert look(small).skip_reason == dg.SkipReason("There are no new articles.")
    add(small, articles(5, sentences=4)[3:])
    add(small, [{**articles(8)[7], "id": "came-first"}], before=True)
    found = look(small)
    assert keys(found) == ["papers-00002", "papers-00003"]
    # The new batch is unknown to the loaded definitions; a run loads them anew.
    fresh = build_defs(Project(small.project.settings))
    for key in keys(found):
        read_articles(fresh, small, key)
    made = {
        key: small.tables.read("raw_papers", key).column("paper_id").to_pylist()
        for key in small.tables.partitions("raw_papers")
    }
    assert made == {
        "papers-00000": ["paper-0", "paper-1"],
        "papers-00001": ["paper-2"],
        "papers-00002": ["came-first", "paper-3"],
        "papers-00003": ["paper-4"],
    }


@pytest.mark.parametrize(("key", "requested"), [("papers-00000", False), ("papers-00009", True)])
def test_the_card_follows_a_batch_that_the_loaded_definitions_do_not_list(
    small: SmallProject, key: str, requested: bool
) -> None:
    repository = small.definitions.get_repository_def()
    run = dg.DagsterRun(
        job_name=BATCH_JOB,
        run_id=str(uuid4()),
        status=dg.DagsterRunStatus.SUCCESS,
        tags={"dagster/partition": key},
    )
    context = dg.build_run_status_sensor_context(
        sensor_name=UNLISTED_SENSOR,
        dagster_event=dg.DagsterEvent(
            dg.DagsterEventType.RUN_SUCCESS.value, BATCH_JOB, message="done"
        ),
        dagster_instance=small.instance,
        dagster_run=run,
    )
    sensor = repository.get_sensor_def(UNLISTED_SENSOR)
    assert isinstance(sensor(context), dg.RunRequest) is requested


def test_a_dropped_batch_stays_dropped(small: SmallProject) -> None:
    run_drop(small.definitions, small.instance, "papers-00001")
    assert keys(look(small)) == []
    add(small, articles(6, sentences=4)[5:])
    assert keys(look(small)) == ["papers-00001"], "the number is free"


def test_a_source_that_is_gone_is_told(small: SmallProject) -> None:
    source = Path(small.folder, "papers.jsonl")
    content = source.read_bytes()
    source.unlink()
    assert "no such file" in str(look(small).skip_reason)
    source.write_bytes(content)


def test_a_night_retries_the_batches_that_have_something_to_ask(small: SmallProject) -> None:
    schedule = small.definitions.get_repository_def().get_schedule_def(NIGHTLY_RETRY)

    def requested() -> list[str | None]:
        context = dg.build_schedule_context(
            instance=small.instance,
            scheduled_execution_time=datetime(2026, 1, 2, 2, tzinfo=UTC),
            resources={"io_manager": small.tables},
        )
        found = schedule(context)
        return [one.partition_key for one in found] if isinstance(found, list) else []

    assert requested() == [], "no batch has answers yet"
    run_batch(small.definitions, small.instance, "papers-00000")
    assert requested() == ["papers-00000"]
    run_retry(small.definitions, small.instance, "papers-00000", 1)
    assert requested() == []
    assert retryable_batches(small.project, small.tables) == []


def test_a_damaged_batch_does_not_spoil_the_night(small: SmallProject) -> None:
    folder = Path(small.folder, "data", "validated_extractions")
    damaged = next(iter(folder.iterdir()))
    damaged.write_bytes(b"nonsense")
    assert damaged.stem not in retryable_batches(small.project, small.tables)
