"""Evaluation sets are read whatever their format and columns, and named by the ends of paths."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from relgen_assets.domain_errors import SourceError
from relgen_assets.sources.evaluation_texts import (
    content_of,
    evaluation_files,
    evaluation_texts,
)


def texts(*named: str | Path, state: Path) -> list[tuple[str, str]]:
    return [*evaluation_texts(evaluation_files([*map(str, named)], state=state))]


def test_every_text_of_a_file_counts_whatever_its_format(tmp_path: Path) -> None:
    sets = tmp_path / "sets"
    sets.mkdir()
    row = {"id": 7, "sentences": [["Brine", "shrimp"], ["Salt"]], "label": {"name": "feeds"}}
    (sets / "a.jsonl").write_text(json.dumps(row) + "\n\n" + json.dumps({"late": "Lake"}) + "\n")
    (sets / "b.json").write_text(json.dumps({"data": [row]}))
    (sets / "c.json").write_text(json.dumps(row) + "\n" + json.dumps(row))
    (sets / "d.txt").write_text("Flamingos.")
    (sets / "e.csv").write_text("text,number\nBirds,1\n")
    pd.DataFrame([{"text": "Islands", "words": ["in", "spring"]}]).to_parquet(sets / "f.parquet")
    (sets / "ignored.png").write_bytes(b"\x89PNG")
    of_row = ["Brine shrimp", "Salt", "feeds"]
    expected = {
        "sets/a.jsonl": [*of_row, "Lake"],
        "sets/b.json": of_row,
        "sets/c.json": of_row * 2,
        "sets/d.txt": ["Flamingos."],
        "sets/e.csv": ["Birds", "1"],
        "sets/f.parquet": ["Islands", "in spring"],
    }
    listed = [(name, text) for name, found in expected.items() for text in found]
    assert texts(sets, state=tmp_path) == listed
    assert texts(sets / "*", sets / "d.txt", state=tmp_path) == listed


def test_names_do_not_depend_on_where_the_project_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "set" / "deep").mkdir(parents=True)
    for file in ("test.txt", "set/test.txt", "set/deep/test.txt"):
        Path(file).write_text(file)
    found = texts("test.txt", "set", state=tmp_path)
    assert [name for name, _ in found] == ["test.txt", "deep/test.txt", "set/test.txt"]


@pytest.mark.parametrize(
    ("named", "content", "complaint"),
    [
        ("missing.txt", None, "no such file"),
        ("*.jsonl", None, "no file that can be read goes with the pattern"),
        ("set.png", "", "extension"),
        ("set.jsonl", '{"text": "a"}\n{"text": ', "line 2 is not JSON"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_file_and_setting(
    tmp_path: Path, named: str, content: str | None, complaint: str
) -> None:
    if content is not None:
        (tmp_path / named).write_text(content)
    with pytest.raises(SourceError, match=complaint) as caught:
        texts(tmp_path / named, state=tmp_path)
    assert named in str(caught.value)
    assert "source.path" not in str(caught.value)


def test_the_content_of_local_files_decides_and_missing_ones_are_no_error(tmp_path: Path) -> None:
    file = tmp_path / "test.txt"
    named = [str(file), "s3://sets/test.txt"]
    before = content_of(named)
    file.write_text("Brine")
    made = content_of(named)
    file.write_text("Shrimp")
    assert before != made != content_of(named)
