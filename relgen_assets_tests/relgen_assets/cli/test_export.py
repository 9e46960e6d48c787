"""The command `relgen export`."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets.export.shard_writing import write_shards
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a dataset of one article."""
    (tmp_path / "relgen.toml").touch()
    monkeypatch.chdir(tmp_path)
    write_shards("dataset", "lakes-00000", batch_of("lake-0").examples(), shaping=shaping())
    return tmp_path


def test_it_writes_the_folder_and_says_what_is_in_it(folder: Path, relgen: Relgen) -> None:
    code, output, _ = relgen("export", "--format", "mlx", "out")
    assert code == 0
    assert output.splitlines()[0] == "out/train.jsonl: 2 rows"
    assert "--mask-prompt" in output
    assert (folder / "out" / "train.jsonl").is_file()


def test_a_config_that_is_not_there_is_one_line(folder: Path, relgen: Relgen) -> None:
    code, _, error = relgen("export", "-f", "csv", "out", "--config", "messages")
    assert code != 0
    assert error.startswith("Error messages: the dataset has no such config.")
