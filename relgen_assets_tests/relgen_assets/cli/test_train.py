"""The command `relgen train`; most of it goes without PyTorch."""

from __future__ import annotations

from importlib import util
from pathlib import Path

import pytest

from relgen_assets.export.shard_writing import write_shards
from relgen_assets.training.extra import LIBRARIES
from relgen_assets.training.rows import read_rows, texts_of
from relgen_assets_tests.relgen_assets.cli.conftest import Relgen
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

CONVERTER = """
import pathlib, sys
pathlib.Path(sys.argv[3]).write_text(sys.argv[5])
"""


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


def test_without_a_model_and_without_a_conversion_there_is_nothing_to_do(relgen: Relgen) -> None:
    code, _, error = relgen("train", "--out", "student")
    assert code != 0
    assert "no model to teach is named" in error and "--to-gguf" in error


def test_without_a_converter_the_error_says_where_it_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relgen: Relgen
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _, error = relgen("train", "--to-gguf", "--out", "student")
    assert code != 0
    assert "pip download" in error


def test_a_student_is_taught_converted_and_can_be_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, relgen: Relgen
) -> None:
    for library in LIBRARIES:
        pytest.importorskip(library, reason="needs the extra `train`: PyTorch, TRL, peft and gguf")
    from relgen_assets_tests.consumers.trl_learning import made_tokenizer, tiny_model

    monkeypatch.chdir(tmp_path)
    rules = shaping(validation_percent=0, test_percent=0)
    examples = batch_of("lake-0", "lake-2").examples_under(rules)
    write_shards("dataset", "lakes-00000", examples, shaping=rules)
    texts = [text for row in read_rows("dataset").train for text in texts_of(row)]
    tokenizer = made_tokenizer(iter(texts))
    tokenizer.save_pretrained("model")
    tiny_model(len(tokenizer)).save_pretrained("model")
    Path("convert.py").write_text(CONVERTER)
    teach = ("train", "model", "--on", "dataset", "--out", "lakes", "--device", "cpu")
    code, output, error = relgen(*teach, "--to-gguf", "--converter", "convert.py")
    assert code == 0, error
    assert Path("lakes/lakes-q8_0.gguf").read_text() == "q8_0"
    assert "[[pool.endpoints]]" in output and "--prompt student" in output
    code, output, _ = relgen(*teach)
    assert (code, output.splitlines()[-1]) == (0, "This student has learned already.")
    code, _, error = relgen(*teach, "--epochs", "3")
    assert code != 0
    assert "its epochs is 2.0, not 3.0" in error and "--fresh" in error
