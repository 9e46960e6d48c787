"""New files: whole or not there, and never in the place of another."""

from __future__ import annotations

from pathlib import Path

import pytest

from resources.atomic_write import write_new


def test_a_new_file_is_written_and_one_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "relgen.toml"
    assert write_new(path, b"one")
    assert not write_new(path, b"other")
    assert path.read_bytes() == b"one"


def test_a_write_that_fails_leaves_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "relgen.toml"
    with pytest.raises(TypeError):
        write_new(path, "text")  # type: ignore[arg-type]
    assert not path.exists()
