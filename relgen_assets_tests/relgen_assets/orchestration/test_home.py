"""Where the Dagster instance of a project lives."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import dagster as dg
import pytest

from relgen_assets.orchestration.home import (
    Origin,
    find_home,
    prepare_home,
    shipped_file,
    workspace_file,
)
from relgen_assets.orchestration.project import find_root
from relgen_assets.orchestration.runs import opened_instance


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that is nothing but its settings."""
    (tmp_path / "relgen.toml").touch()
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_settings_alone_make_a_whole_project(root: Path) -> None:
    with opened_instance(root) as instance:
        instance.get_runs(limit=1)
        assert instance.telemetry_enabled is False
        limits = instance.get_concurrency_config()
        assert limits.pool_config.default_pool_limit == 2
        assert limits.run_queue_config is not None
        assert limits.run_queue_config.max_concurrent_runs == 4
    assert {path.name for path in root.iterdir()} == {"relgen.toml", ".relgen"}
    assert find_home(root).origin is Origin.shipped, "also for the next command and child processes"


@pytest.mark.parametrize("own", [False, True], ids=["shipped", "of the project"])
def test_an_instance_is_the_same_from_any_folder(
    root: Path, monkeypatch: pytest.MonkeyPatch, *, own: bool
) -> None:
    if own:
        shutil.copy(shipped_file("dagster.yaml"), root)
    prepare_home(root)
    elsewhere = root / "elsewhere"
    elsewhere.mkdir()
    for folder in (root, elsewhere):
        monkeypatch.chdir(folder)
        with dg.DagsterInstance.get() as instance:
            instance.create_run_for_job(_nothing)
            assert instance.storage_directory() == str(root / ".relgen" / "dagster" / "storage")
    with dg.DagsterInstance.get() as instance:
        assert instance.get_runs_count() == 2
    assert not list(elsewhere.iterdir())
    assert {one.name for one in (root / ".relgen" / "dagster").iterdir()} >= {"history"}
    assert not list(root.glob("dagster/")), "one place, with and without a file of the project"


def test_runs_stay_where_they_are_when_the_project_gets_a_dagster_yaml(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_instance(root) as instance:
        instance.add_run_tags(instance.create_run_for_job(_nothing).run_id, {"mine": "yes"})
    monkeypatch.setenv("DAGSTER_HOME", "")
    shutil.copy(shipped_file("dagster.yaml"), root)
    with opened_instance(root) as instance:
        assert instance.get_runs_count() == 1
    assert find_home(root).origin is Origin.project


def test_dagster_home_wins(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = root / "other"
    other.mkdir()
    monkeypatch.setenv("DAGSTER_HOME", str(other))
    home = prepare_home(root)
    assert (home.folder, home.origin) == (other, Origin.environment)
    assert not (root / ".relgen").exists()


@pytest.mark.parametrize(("set_before", "used"), [("", "100"), ("7", "7")])
def test_what_a_run_plans_is_stored_at_once_unless_the_environment_says_otherwise(
    root: Path, monkeypatch: pytest.MonkeyPatch, set_before: str, used: str
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", set_before)
    prepare_home(root)
    assert os.environ["DAGSTER_EVENT_BATCH_SIZE"] == used


def test_a_project_is_found_from_any_folder_in_it_by_its_settings_only(root: Path) -> None:
    inner = root / "papers" / "2026"
    inner.mkdir(parents=True)
    (root / "papers" / "dagster.yaml").touch()  # e.g. of a home folder
    assert find_root(inner) == root


def test_the_workspace_is_the_projects_own_or_the_shipped_one(root: Path) -> None:
    assert workspace_file(root).is_file()
    own = root / "workspace.yaml"
    own.touch()
    assert workspace_file(root) == own


@dg.job
def _nothing() -> None:
    """A job of no steps."""
