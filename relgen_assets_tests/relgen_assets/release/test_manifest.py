"""A manifest has one spelling, and any change of it is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.domain_errors import DatasetError
from relgen_assets.release.manifest import (
    MANIFEST_FILE,
    Manifest,
    ReleasedFile,
    differences,
    read_manifest,
)

MANIFEST = Manifest(
    relgen="1.0",
    rules="relgen-1",
    writer="pyarrow 1",
    every_row=False,
    batches=["lakes-00000"],
    models=["model — “7b”"],
    rows={"full": {"train": 2}},
    left_out={"the licence is unknown": 1},
    files=[ReleasedFile(path="full/train/part-00000.parquet", bytes=3, sha256="0" * 64, rows=2)],
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_FILE).write_bytes(MANIFEST.encoded())
    assert read_manifest(tmp_path) == MANIFEST
    assert MANIFEST.digest.startswith(MANIFEST.version)


@given(at=st.integers(0, len(MANIFEST.encoded()) - 1), bit=st.integers(0, 7))
def test_every_flipped_bit_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int
) -> None:
    data = bytearray(MANIFEST.encoded())
    data[at] ^= 1 << bit
    folder = tmp_path_factory.mktemp("flipped")
    (folder / MANIFEST_FILE).write_bytes(data)
    with pytest.raises(DatasetError, match="damaged"):
        read_manifest(folder)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"digest": "x"}', "9" * 10_000, "[" * 100_000]
)
def test_what_is_no_manifest_is_one_error(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST_FILE).write_text(text)
    with pytest.raises(DatasetError, match=MANIFEST_FILE):
        read_manifest(tmp_path)


def test_a_folder_without_a_manifest_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no release"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../b", "", MANIFEST_FILE])
def test_no_file_outside_the_release_can_be_named(path: str) -> None:
    with pytest.raises(ValueError, match="does not name a file"):
        ReleasedFile(path=path, bytes=0, sha256="0" * 64)


def test_releases_differ_in_the_files_that_differ() -> None:
    (file,) = MANIFEST.files
    other = MANIFEST.model_copy(
        update={
            "files": [
                file.model_copy(update={"sha256": "1" * 64}),
                file.model_copy(update={"path": "new"}),
            ]
        }
    )
    assert differences(MANIFEST, MANIFEST) == []
    assert differences(MANIFEST, other) == [file.path, "new", MANIFEST_FILE]
    assert differences(MANIFEST, MANIFEST.model_copy(update={"relgen": "2.0"})) == [MANIFEST_FILE]
