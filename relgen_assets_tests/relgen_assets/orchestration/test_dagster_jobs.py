"""The jobs as Dagster runs them: found in the module, with the configuration of a back-fill."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from relgen_assets.definitions import build_defs
from relgen_assets.orchestration.assets import BATCH_ASSETS
from relgen_assets.orchestration.assets.generated import SERVERS_POOL
from relgen_assets.orchestration.jobs import BATCH_JOB, RETRIED_ASSETS, RETRY_JOB
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.arrow import from_table
from relgen_assets.rows.models import RawExtraction
from relgen_assets.settings import load_settings
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles, asked, stubborn_about, write_project
from resources.parquet_io_manager import ParquetIOManager

pytestmark = pytest.mark.timeout(600)

REPOSITORY = Path(__file__).parents[3]
KEY = "papers-00000"
STUBBORN = "Observation 0.1 agrees."
"""Stands in the first chunk."""


@pytest.fixture
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3, answer=stubborn_about(STUBBORN, seeds=2)) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: FakeLlamaServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one batch, with the instance of the repository and its pools."""
    write_project(tmp_path, articles(2), server, overlap=0)
    shutil.copy(REPOSITORY / "dagster.yaml", tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_batch_and_its_retry_write_one_event_for_each_asset(
    folder: Path, server: FakeLlamaServer
) -> None:
    _execute(folder, BATCH_JOB)
    raw = _raw(folder)
    assert len(raw) > len(BATCH_ASSETS), "an event for each chunk would be seen"
    assert _events() == {asset: [KEY] for asset in BATCH_ASSETS}

    server.requests.clear()
    _execute(folder, RETRY_JOB)
    (body,) = asked(server)
    assert STUBBORN in body["messages"][-1]["content"]
    again = _raw(folder)
    assert [(old.attempt, new.attempt) for old, new in zip(raw, again, strict=True)] == [
        (2, 3) if STUBBORN in str(old.messages) else (1, 1) for old in raw
    ]
    assert _events() == {
        asset: [KEY] * (2 if asset in RETRIED_ASSETS else 1) for asset in BATCH_ASSETS
    }

    with dg.DagsterInstance.get() as instance:
        for run in instance.get_runs():
            assert run.status is dg.DagsterRunStatus.SUCCESS
            assert run.run_op_concurrency is not None
            assert run.run_op_concurrency.all_pools == {SERVERS_POOL}, "it counts in the pool"


def _execute(folder: Path, job: str) -> None:
    """Let Dagster's own command find the job and run it.

    The web UI and back-fills ask the job for the configuration of a partition; this command has to
    be given it. It is started from another folder, as by `cron`.
    """
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    definitions = build_defs(Project(load_settings(folder)))
    config = definitions.resolve_job_def(job).get_run_config_for_partition_key(KEY)
    (folder / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    command = [sys.executable, "-W", "ignore", "-m", "dagster", "job", "execute"]
    command += ["--module-name", "relgen_assets.definitions", "--job", job]
    command += ["--tags", json.dumps({"dagster/partition": KEY})]
    command += ["--config", str(folder / "config.yaml")]
    done = subprocess.run(
        command,
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "RELGEN_PROJECT": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not list(elsewhere.iterdir()), "everything is written in the project"


def _events() -> dict[str, list[str | None]]:
    """Return the partitions of all materialisations, by asset."""
    with dg.DagsterInstance.get() as instance:
        return {
            asset: [
                record.partition_key
                for record in instance.fetch_materializations(dg.AssetKey(asset), limit=100).records
            ]
            for asset in BATCH_ASSETS
        }


def _raw(folder: Path) -> list[RawExtraction]:
    tables = ParquetIOManager(base_path=str(folder / "data"))
    return from_table(tables.read("raw_extractions", KEY), RawExtraction)
