"""Releases as a person makes them: release, verify, a flipped byte, rebuild in another folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import datasets
import pytest

from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.orchestration.home import INSTANCE_FILE, shipped_file
from relgen_assets_tests.fakes.good_answers import good_answer
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles, asked, write_project
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen
from relgen_assets_tests.relgen_assets.release.folders import dataset, release

SECTIONS = """
[batches]
size = 2
[dataset]
validation_percent = 0
test_percent = 50
[[rights.models]]
match = "fake"
outputs = "free"
terms = "tests"
"""
FILES = ("papers.jsonl", "relgen.toml")


def licensed(count: int) -> list[dict[str, Any]]:
    """Return short articles; the licence of every third is not known."""
    rows = articles(count, sentences=5)
    return [
        row if number % 3 == 1 else {**row, "licence": "cc-by-4.0"}
        for number, row in enumerate(rows)
    ]


@pytest.fixture(scope="module")
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=3, answer=good_answer, model="fake-7b") as running:
        yield running


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Path]:
    """Make a folder the working folder, and the home of Dagster."""

    def go(folder: Path) -> Path:
        folder.mkdir(exist_ok=True)
        (folder / INSTANCE_FILE).write_bytes(shipped_file(INSTANCE_FILE).read_bytes())
        monkeypatch.setenv("DAGSTER_HOME", str(folder))
        monkeypatch.chdir(folder)
        return folder

    return go


def test_release_verify_and_rebuild_in_another_folder(
    tmp_path: Path, relgen: Relgen, server: FakeLlamaServer, enter: Callable[[Path], Path]
) -> None:
    one = enter(tmp_path / "one")
    write_project(one, licensed(3), server, sections=SECTIONS)
    code, _, error = relgen("release")
    assert code == ExitCode.FAILED
    assert "the dataset holds no rows yet. Make batches: relgen run" in error

    assert relgen("run")[0] == 0
    code, output, error = relgen("release", "--json")
    assert code == 0, error
    made = json.loads(output)
    assert made["is_new"]
    assert list(made["left_out"]) == ["the licence of the article is unknown"]
    folder = one / made["folder"]
    assert folder.name == made["digest"][:12]
    for config, splits in made["rows"].items():
        loaded = datasets.load_dataset(str(folder), config, cache_dir=str(tmp_path / "cache"))
        assert {split: len(rows) for split, rows in loaded.items()} == splits

    code, output, _ = relgen("verify")
    assert code == 0
    assert "files are as they were written" in output
    code, _, error = relgen("release", folder.name)
    assert code == ExitCode.USAGE
    assert "a release is never overwritten" in error

    questions = len(asked(server))
    two = enter(tmp_path / "two")
    (two / ".relgen").mkdir()
    shutil.copy(one / ".relgen" / "ledger.db", two / ".relgen")
    for name in FILES:
        shutil.copy(one / name, two)
    code, output, error = relgen("rebuild", "--from-ledger", str(folder))
    assert code == 0, error
    assert f"The same as {folder}, byte for byte." in output
    again = two / "releases" / folder.name
    assert {path.name for path in two.iterdir() if path.suffix == ""} & {"data", "dataset"} == set()
    for path in (path for path in folder.rglob("*") if path.is_file()):
        assert (again / path.relative_to(folder)).read_bytes() == path.read_bytes(), path
    assert len(asked(server)) == questions, "nothing is asked again"

    shard = next(again.rglob("full/*/*.parquet"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    code, output, _ = relgen("verify", again.name)
    assert code == ExitCode.FAILED
    assert f"changed: {shard.relative_to(again).as_posix()}: other content" in output
    code, output, _ = relgen("verify", str(again), "--json")
    assert code == ExitCode.FAILED
    assert list(json.loads(output)["changed"]) == [shard.relative_to(again).as_posix()]


def test_what_the_ledger_lacks_is_named_and_not_asked(
    tmp_path: Path, relgen: Relgen, server: FakeLlamaServer, enter: Callable[[Path], Path]
) -> None:
    folder = enter(tmp_path / "one")
    write_project(folder, licensed(2), server, sections=SECTIONS)
    code, _, error = relgen("rebuild", "--from-ledger")
    assert code == ExitCode.USAGE
    assert "the ledger holds no answers" in error
    relgen("try")  # one summary, one answer
    questions = len(asked(server))
    code, _, error = relgen("rebuild", "--from-ledger")
    assert code == ExitCode.FAILED
    assert "1 answers are not in the ledger, and nothing was asked: paper-1." in error
    assert "Traceback" not in error
    assert len(asked(server)) == questions
    assert not (folder / "releases").exists()


def test_a_rebuild_says_what_it_takes_the_answers_from(
    relgen: Relgen, tmp_path: Path, enter: Callable[[Path], Path]
) -> None:
    enter(tmp_path)
    code, _, error = relgen("rebuild")
    assert code == ExitCode.USAGE
    assert "relgen rebuild --from-ledger" in error


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("nowhere", "there is no release of this name"),
        ("./nowhere", "there is no such folder"),
        (".", "this folder is no release"),
    ],
)
def test_verifying_what_is_no_release_is_one_error(
    relgen: Relgen, tmp_path: Path, enter: Callable[[Path], Path], named: str, expected: str
) -> None:
    (enter(tmp_path) / "relgen.toml").write_text("")
    code, _, error = relgen("verify", named)
    assert code in (ExitCode.FAILED, ExitCode.USAGE)
    assert expected in error
    assert "Traceback" not in error


def test_a_release_is_verified_without_a_project(
    relgen: Relgen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(dataset(tmp_path / "dataset", ["lakes-00000"]), tmp_path / "got")
    monkeypatch.chdir(tmp_path)
    code, output, error = relgen("verify", "got")
    assert code == 0, error
    assert "files are as they were written" in output
    assert {path.name for path in tmp_path.iterdir()} == {"dataset", "got"}, "it leaves nothing"
