"""`relgen drop` shows what would go, asks, and says what went."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles, write_project
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen

KEY = "papers-00000"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project folder with one article in one batch, and one server."""
    with FakeLlamaServer(slots=3) as server:
        write_project(tmp_path, articles(1), server)
        monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        yield tmp_path


def test_a_batch_is_dropped_after_a_yes(
    folder: Path, relgen: Relgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    relgen("run")
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    code, output, _ = relgen("drop", KEY)
    assert code == 1
    assert f"{KEY}: 5 tables" in output
    assert (folder / "data" / "chunks" / f"{KEY}.parquet").exists(), "no means no"

    code, output, _ = relgen("drop", KEY, "--yes")
    assert code == 0
    assert f"removed {KEY}: 5 tables (raw_papers, chunks, " in output
    assert "and 9 shards" in output
    assert not list((folder / "dataset").rglob("*.parquet"))
    assert not list((folder / "data").rglob("*.parquet"))
    _, output, _ = relgen("status")
    assert "0 of 1 batches" in output

    code, output, _ = relgen("drop", KEY, "--yes")
    assert code == 0
    assert "Nothing to remove" in output


def test_an_unknown_batch_is_one_error(folder: Path, relgen: Relgen) -> None:
    code, _, error = relgen("drop", "papers-00007", "--yes")
    assert code != 0
    assert "papers-00007: there is no such batch" in error
