"""The command `relgen train`, as far as it goes without PyTorch."""

from __future__ import annotations

from importlib import util
from pathlib import Path

import pytest

from relgen_assets_tests.relgen_assets.cli.conftest import Relgen


@pytest.mark.skipif(util.find_spec("torch") is not None, reason="the extra `train` is installed")
def test_without_the_extra_one_line_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relgen: Relgen
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, error = relgen("train", "embedded", "--on", str(tmp_path))
    assert code != 0
    assert error.count("\n") == 1
    assert "torch" in error and "pip install -c constraints.txt -e '.[train]'" in error


@pytest.mark.parametrize("students", [[], ["a", "b"]])
def test_which_student_is_meant_has_to_be_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relgen: Relgen, students: list[str]
) -> None:
    for name in students:
        (tmp_path / "students" / name).mkdir(parents=True)
        (tmp_path / "students" / name / "training.json").touch()
    monkeypatch.chdir(tmp_path)
    code, _, error = relgen("train", "--to-gguf")
    assert code != 0
    assert ", ".join(students) in error and "--out" in error


def test_without_a_converter_the_error_says_where_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relgen: Relgen
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, error = relgen("train", "--to-gguf", "--out", "student")
    assert code != 0
    assert "pip download" in error
