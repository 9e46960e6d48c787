"""`relgen publish` as a person uses it, against a pretended Hub."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import pytest

from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets_tests.fakes.hub import READER, WRITER, FakeHub
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen
from relgen_assets_tests.relgen_assets.release.folders import articles_of, dataset, release

NAME = "lab/lakes"
SETTINGS = f"""
[publishing]
repo = "{NAME}"
[[rights.models]]
match = "-"
outputs = "free"
terms = "tests"
"""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
    with FakeHub(page=50) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("HF_TOKEN", WRITER)
        yield running


@pytest.fixture
def project(tmp_path: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one release, and one that holds every row."""
    (tmp_path / "relgen.toml").write_text(SETTINGS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    rows = dataset(tmp_path / "dataset", ["b-0"], unknown=articles_of("b-0")[:1])
    release(rows, tmp_path / "releases" / "all", every_row=True)
    release(rows, tmp_path / "releases" / "v1")
    return tmp_path


def test_look_first_then_publish_then_publish_again(
    relgen: Relgen, project: Path, hub: FakeHub
) -> None:
    code, output, error = relgen("publish", "--dry-run")
    assert code == 0, error
    listed = [line.split() for line in output.splitlines()]
    size = (project / "releases" / "v1" / "provenance.parquet").stat().st_size
    assert ["provenance.parquet", "added", f"{size:,}"] in listed
    assert "The repository would be made." in output
    assert not hub.repositories

    code, output, error = relgen("publish")
    assert code == 0, error
    repository = hub.repositories[NAME]
    assert repository.private
    assert f"{hub.url}/datasets/{NAME} (private)" in output
    assert f"{hub.url}/datasets/{NAME}/commit/{repository.commit}" in output

    code, output, _ = relgen("publish", "--json")
    again = json.loads(output)
    assert code == 0
    assert again["commit"] == repository.commit
    assert not again["files"]["added"]
    assert again["sizes"]["added"] == 0
    assert "manifest.json" in again["files"]["unchanged"]

    code, output, _ = relgen("publish")
    assert "Nothing has changed" in output
    assert len(repository.messages) == 2


def test_a_dry_run_needs_no_token_and_says_what_it_cannot_see(
    relgen: Relgen, project: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(project / "none"))
    assert relgen("publish", "--dry-run")[0] == 0
    code, output, error = relgen("publish")
    assert code == ExitCode.FAILED
    assert "no token of the Hugging Face Hub is set. Set HF_TOKEN" in error
    assert len(error.strip().splitlines()) == 1
    assert output == ""


@pytest.mark.parametrize("token", [READER, "hf_unknownCanary", "hf_canary\tbroken"])
def test_a_token_is_never_printed(
    relgen: Relgen, project: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    code, output, error = relgen("publish")
    assert code == ExitCode.FAILED
    assert "token" in error
    assert "Traceback" not in error
    assert token not in output + error
    assert "anary" not in output + error


def test_every_row_goes_out_only_with_the_setting(
    relgen: Relgen, project: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, error = relgen("publish", "--release", "all")
    assert code == ExitCode.FAILED
    assert "2 of its 12 rows may not be published" in error
    assert not hub.repositories
    monkeypatch.setenv("RELGEN_RIGHTS__PUBLISH_UNKNOWN", "true")
    assert relgen("publish", "--release", "all", "--repo", "lab/all", "--public")[0] == 0
    assert not hub.repositories["lab/all"].private


@pytest.mark.parametrize("name", ["lakes", "https://hub/lab/lakes", "lab/lakes/more", "../x", ""])
def test_a_name_without_its_owner_is_refused(relgen: Relgen, project: Path, name: str) -> None:
    code, _, error = relgen("publish", "--repo", name)
    assert code == ExitCode.USAGE
    assert "owner/name" in error


def test_without_repository_or_release_it_says_what_to_do(
    relgen: Relgen, tmp_path: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "relgen.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    code, _, error = relgen("publish", "--repo", NAME)
    assert code == ExitCode.USAGE
    assert "there is no release yet" in error
    release(dataset(tmp_path / "dataset", ["b-0"]), tmp_path / "releases" / "v1")
    code, _, error = relgen("publish")
    assert code == ExitCode.USAGE
    assert "publishing.repo" in error


def test_a_hub_that_fails_is_one_line(relgen: Relgen, project: Path, hub: FakeHub) -> None:
    hub.fail("POST", "/commit/", status=500, words="<html>")
    code, output, error = relgen("publish")
    assert code == ExitCode.FAILED
    assert "the changes cannot be committed: the Hub fails (HTTP 500)" in error
    assert "Traceback" not in output + error
    hub.mend()
    assert relgen("publish")[0] == 0
    assert set(hub.uploads.values()) == {1}


def test_what_is_published_loads_by_its_name(relgen: Relgen, project: Path, hub: FakeHub) -> None:
    assert relgen("publish")[0] == 0
    script = "import datasets; print(datasets.load_dataset(*__import__('sys').argv[1:]).num_rows)"
    loaded = subprocess.run(
        [sys.executable, "-c", script, NAME, "core"],
        env={**os.environ, "HF_HOME": str(project / "hub"), "HF_HUB_DISABLE_XET": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    promised = json.loads((project / "releases" / "v1" / "manifest.json").read_bytes())
    assert ast.literal_eval(loaded.stdout) == promised["rows"]["core"]
