"""The student as a GGUF file. The converter is a script of the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets.domain_errors import ConfigurationError, StorageError
from relgen_assets.training.folder import StudentFolder
from relgen_assets.training.gguf import SCRIPT, find_converter, to_gguf

COPIES = """
import pathlib, sys
model, option, file, other, kind = sys.argv[1:]
assert (option, other) == ("--outfile", "--outtype"), sys.argv
pathlib.Path(file).write_text(pathlib.Path(model, "config.json").read_text() + kind)
"""
FAILS = "import sys\nprint('Model Foo is not supported', file=sys.stderr)\nsys.exit(1)\n"


@pytest.fixture
def student(tmp_path: Path) -> StudentFolder:
    folder = StudentFolder(tmp_path / "lakes")
    folder.model.mkdir(parents=True)
    (folder.model / "config.json").write_text("model ")
    return folder


def script(tmp_path: Path, text: str) -> Path:
    file = tmp_path / SCRIPT
    file.write_text(text)
    return file


def test_it_is_named_after_its_folder_and_type(tmp_path: Path, student: StudentFolder) -> None:
    file = to_gguf(student, script(tmp_path, COPIES), "f16")
    assert file == student.root / "lakes-f16.gguf"
    assert file.read_text() == "model f16"


def test_a_converter_that_fails_is_quoted_and_leaves_no_file(
    tmp_path: Path, student: StudentFolder
) -> None:
    with pytest.raises(StorageError, match="Model Foo is not supported"):
        to_gguf(student, script(tmp_path, FAILS), "q8_0")
    assert not list(student.root.glob("*.gguf")) + list(student.root.glob(".*"))


def test_a_student_that_is_not_finished_is_not_converted(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no finished student"):
        to_gguf(StudentFolder(tmp_path), script(tmp_path, COPIES), "q8_0")


def test_the_converter_may_be_named_by_its_folder(tmp_path: Path) -> None:
    named = script(tmp_path, COPIES)
    assert find_converter(tmp_path, tmp_path / "x") == named


def test_it_is_found_in_unpacked_sources(tmp_path: Path) -> None:
    sources = tmp_path / "llama_cpp_python-0.3.36" / "vendor" / "llama.cpp"
    sources.mkdir(parents=True)
    unpacked = script(sources, COPIES)
    assert find_converter(None, tmp_path) == unpacked


@pytest.mark.parametrize("named", [None, "elsewhere"])
def test_without_one_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"pip download.*llama-cpp-python"):
        find_converter(tmp_path / named if named else None, tmp_path)
