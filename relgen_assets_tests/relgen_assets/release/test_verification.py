"""Verifying names every file that is not as it was written, and no other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from relgen_assets.domain_errors import DatasetError
from relgen_assets.release.manifest import MANIFEST_FILE, files_of, read_manifest
from relgen_assets.release.verification import verify
from relgen_assets_tests.relgen_assets.release.folders import dataset, release

SHARD = "full/train/part-00000.parquet"


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verified")
    release(dataset(folder / "dataset", ["lakes-00000"]), folder / "release")
    return folder / "release"


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return shutil.copytree(original, tmp_path / "copy")


def test_a_release_as_it_was_written_is_intact(folder: Path) -> None:
    assert verify(folder).is_intact


def test_a_flipped_byte_in_any_file_names_that_file(folder: Path) -> None:
    for path, file in files_of(folder).items():
        data = file.read_bytes()
        for at in {0, len(data) // 2, len(data) - 1}:
            file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert list(verify(folder).changed) == [path]
        file.write_bytes(data)
    assert verify(folder).is_intact


def test_a_flipped_byte_in_the_manifest_is_an_error(folder: Path) -> None:
    file = folder / MANIFEST_FILE
    file.write_bytes(file.read_bytes().replace(b'"every_row": false', b'"every_row": true'))
    with pytest.raises(DatasetError, match="does not go with its digest"):
        verify(folder)


def test_missing_added_and_cut_files_are_named(folder: Path) -> None:
    (folder / SHARD).unlink()
    (folder / "core" / "train" / "part-00001.parquet").write_bytes(b"new")
    (folder / ".hidden").write_bytes(b"")
    (folder / "README.md").write_bytes(b"# Short")
    result = verify(folder)
    assert result.missing == [SHARD]
    assert result.added == [".hidden", "core/train/part-00001.parquet"]
    assert list(result.changed) == ["README.md"]
    assert "7 bytes, not" in result.changed["README.md"]
    assert not result.is_intact


def test_a_folder_in_place_of_a_file_is_missing(folder: Path) -> None:
    (folder / SHARD).unlink()
    (folder / SHARD).mkdir()
    assert verify(folder).missing == [SHARD]


def test_what_the_hub_adds_is_no_finding(folder: Path) -> None:
    (folder / ".gitattributes").write_text("*.parquet filter=lfs\n")
    (folder / ".cache" / "huggingface").mkdir(parents=True)
    (folder / ".cache" / "huggingface" / "download.lock").write_text("")
    assert verify(folder).is_intact


def test_rows_are_counted_against_the_manifest(folder: Path) -> None:
    manifest = read_manifest(folder)
    rows = {**manifest.rows, "core": {**manifest.rows["core"], "train": 1_000}}
    (folder / MANIFEST_FILE).write_bytes(manifest.model_copy(update={"rows": rows}).encoded())
    assert list(verify(folder).miscounted) == ["core/train"]
