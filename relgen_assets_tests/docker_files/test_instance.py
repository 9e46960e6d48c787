"""Dagster itself accepts the instance and the workspace of the containers."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from dagster._config import process_config
from dagster._core.instance.config import dagster_instance_config
from dagster._core.instance.ref import InstanceRef
from dagster._core.launcher import DefaultRunLauncher
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.workspace.load import location_origins_from_yaml_paths
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import pg_url_from_config
from dagster_shared.yaml_utils import load_yaml_from_path
from sqlalchemy import make_url

from relgen_assets_tests.docker_files.files import DOCKER, REQUIRED, compose


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a DAGSTER_HOME as in the image, in the environment of the service `code`."""
    shutil.copy(DOCKER / "dagster.yaml", tmp_path)
    environment = compose(REQUIRED)["services"]["code"]["environment"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DAGSTER_LOG_DIR", str(tmp_path / "logs"))
    return tmp_path


def postgres(home: Path) -> dict[str, Any]:
    """Return the configuration of the storage, as it is written."""
    written: Any = load_yaml_from_path(str(home / "dagster.yaml"))
    storage: dict[str, Any] = written["storage"]["postgres"]
    return storage


def test_the_instance_is_valid(home: Path) -> None:
    config, _ = dagster_instance_config(str(home))
    assert config["telemetry"] == {"enabled": False}
    assert config["nux"] == {"enabled": False}
    assert config["run_monitoring"]["enabled"] is True
    assert config["run_monitoring"]["free_slots_after_run_end_seconds"] > 0
    assert config["concurrency"]["pools"]["granularity"] == "run"
    generating = config["concurrency"]["pools"]["default_limit"]
    assert config["concurrency"]["runs"]["max_concurrent_runs"] > generating > 0


@pytest.mark.parametrize("folder", [DOCKER, DOCKER.parent], ids=["docker", "project"])
def test_runs_whose_process_died_are_started_again_but_not_those_whose_step_failed(
    home: Path, folder: Path
) -> None:
    shutil.copy(folder / "dagster.yaml", home)
    config, _ = dagster_instance_config(str(home))
    retries = config["run_retries"]
    assert retries["enabled"] is True
    assert 0 < retries["max_retries"] <= 3
    assert retries["retry_on_asset_or_op_failure"] is False


def test_its_parts_can_be_made(home: Path) -> None:
    instance = InstanceRef.from_dir(str(home))
    assert isinstance(instance.run_coordinator, QueuedRunCoordinator)
    assert isinstance(instance.run_launcher, DefaultRunLauncher)
    logs = instance.compute_log_manager
    assert isinstance(logs, LocalComputeLogManager)


def test_the_database_comes_from_the_environment_with_its_driver(home: Path) -> None:
    checked = process_config(DagsterPostgresStorage.config_type(), postgres(home))
    assert checked.success, checked.errors
    url = make_url(pg_url_from_config(checked.value or {}))
    assert url.host == "postgres"
    assert (url.username, url.database) == ("relgen", "relgen")
    assert url.password == REQUIRED["POSTGRES_PASSWORD"]
    # The driver that dagster-postgres depends on, not the one SQLAlchemy would choose by itself.
    assert url.get_dialect().import_dbapi().__name__ == "psycopg2"


def test_a_missing_variable_is_an_error_that_names_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_POSTGRES_PASSWORD")
    checked = process_config(DagsterPostgresStorage.config_type(), postgres(home))
    assert not checked.success
    assert "DAGSTER_POSTGRES_PASSWORD" in str(checked.errors)


def test_the_workspace_is_the_code_service() -> None:
    (origin,) = location_origins_from_yaml_paths([str(DOCKER / "workspace.yaml")])
    assert isinstance(origin, GrpcServerCodeLocationOrigin)
    assert (origin.host, origin.port, origin.location_name) == ("code", 4000, "relgen")
    assert origin.host in compose(REQUIRED)["services"]
