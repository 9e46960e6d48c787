"""A project made by `relgen init`, and folders that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from relgen_assets.cli.init import FILES
from relgen_assets.orchestration.home import LOCATION, shipped_file
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen
from relgen_assets_tests.repository.tree import ROOT, pyproject


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: an empty one, with no variable that names another place."""
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_init_makes_a_project_that_every_command_works_in(
    somewhere: Path, relgen: Relgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output, _ = relgen("init", "my papers")
    assert code == 0
    assert {path.name for path in (somewhere / "my papers").iterdir()} == set(FILES)
    commands = output.split("Next:")[1].split("\n")
    assert [line.split("#")[0].strip() for line in commands if line] == [
        "cd 'my papers'",
        "relgen doctor",
        "relgen run",
        "relgen ui",
    ]
    monkeypatch.chdir(somewhere / "my papers")
    code, output, _ = relgen("status")
    assert code == 0
    assert "0 of 2 batches of 6 articles begun" in output


def test_init_keeps_existing_files_and_says_so(somewhere: Path, relgen: Relgen) -> None:
    (somewhere / "relgen.toml").write_text("# mine\n", encoding="utf-8")
    code, output, _ = relgen("init")
    assert code == 0
    assert (somewhere / "relgen.toml").read_text(encoding="utf-8") == "# mine\n"
    assert "kept  relgen.toml" in output
    assert "made  dagster.yaml" in output


def test_init_refuses_what_is_no_folder_of_ones_own(somewhere: Path, relgen: Relgen) -> None:
    (somewhere / "file").touch()
    for folder, expected in (
        (somewhere / "file", "Name a folder"),
        (somewhere / "file" / "below", "Name a folder"),
        (ROOT / "relgen_assets" / "cli", "part of the installed package"),
    ):
        code, _, error = relgen("init", str(folder))
        assert code != 0
        assert expected in error
        assert "Traceback" not in error


def test_a_project_inside_another_is_told(relgen: Relgen) -> None:
    assert "inside the project" not in relgen("init")[1]
    assert "inside the project" in relgen("init", "inner/one")[1]


def test_the_files_come_with_the_package() -> None:
    assert (
        "orchestration/project_files/*"
        in (pyproject()["tool"]["setuptools"]["package-data"]["relgen_assets"])
    )
    assert all(shipped_file(name.removeprefix(".")).is_file() for name in FILES)


def test_the_web_ui_refuses_wrong_settings_before_it_starts(
    somewhere: Path, relgen: Relgen
) -> None:
    (somewhere / "relgen.toml").write_text("[batch]\n", encoding="utf-8")
    code, _, error = relgen("ui")
    assert code != 0
    assert "unknown key" in error


@pytest.mark.parametrize("name", ["relgen.toml", "dagster.yaml", "workspace.yaml"])
def test_the_repository_is_a_project_like_those_of_init(name: str) -> None:
    shipped = shipped_file(name)
    assert (ROOT / name).read_text(encoding="utf-8") == shipped.read_text(encoding="utf-8"), (
        f"change both: cp {name} {shipped.relative_to(ROOT)}"
    )


def test_the_shipped_workspace_names_the_code_location_of_the_command_line() -> None:
    (entry,) = yaml.safe_load(shipped_file("workspace.yaml").read_text("utf-8"))["load_from"]
    assert entry["python_module"]["location_name"] == LOCATION


@pytest.mark.parametrize("command", ["run", "status", "check", "ui", "endpoints", "ledger stats"])
def test_a_folder_that_is_no_project_is_left_clean(
    somewhere: Path, relgen: Relgen, command: str
) -> None:
    code, _, error = relgen(*command.split())
    assert code != 0
    assert "relgen init" in error
    assert "relgen demo" in error
    assert not list(somewhere.iterdir())


def test_settings_from_the_environment_alone_make_a_project(
    relgen: Relgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELGEN_BATCHES__SIZE", "6")
    code, output, _ = relgen("status")
    assert code == 0
    assert "0 of 1 batches" in output


@pytest.mark.parametrize(("home", "expected"), [("here", "relative"), ("/nowhere", "not a folder")])
def test_a_wrong_dagster_home_is_one_error_that_names_it(
    relgen: Relgen, monkeypatch: pytest.MonkeyPatch, home: str, expected: str
) -> None:
    relgen("init")
    monkeypatch.setenv("DAGSTER_HOME", home)
    code, _, error = relgen("run")
    assert code != 0
    assert f"DAGSTER_HOME={home}" in error
    assert expected in error
    assert "Traceback" not in error


def test_state_that_cannot_be_written_is_one_error(somewhere: Path, relgen: Relgen) -> None:
    relgen("init")
    (somewhere / ".relgen").touch()
    code, _, error = relgen("run", "--missing")
    assert code != 0
    assert ".relgen" in error
    assert "Traceback" not in error
