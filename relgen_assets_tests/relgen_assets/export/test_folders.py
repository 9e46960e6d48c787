"""Copies for other programs: every row in its split, and nothing left of an earlier export."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import get_args

import pytest

from relgen_assets.domain_errors import DatasetError, StorageError
from relgen_assets.export.folders import Format, default_config, export
from relgen_assets.export.shard_writing import write_shards
from relgen_assets.export.shards import find_shards, stored_rows
from relgen_assets.rows.models import StudentPrompt
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

TRAIN, VALIDATION, TEST = "lake-0", "lake-9", "lake-1"


@pytest.fixture
def root(tmp_path: Path) -> str:
    """A dataset of two batches with rows in all splits; names and texts have quotes and breaks."""
    folder = str(tmp_path / "dataset")
    for partition, papers in (("a", (TRAIN, VALIDATION)), ("b", ("lake-2", TEST))):
        rows = batch_of(*papers, summary='Birds, "shrimp"\nand salt.').examples()
        write_shards(folder, partition, rows, shaping=shaping())
    return folder


def stored(root: str, config: str, split: str) -> list[dict[str, object]]:
    shards = [one for one in find_shards(root) if (one.config, one.split) == (config, split)]
    return [row for shard in shards for row in stored_rows(shard)]


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_mlx_finds_conversations_under_the_names_it_knows(root: str, tmp_path: Path) -> None:
    written = export(root, tmp_path / "out", "mlx", default_config("mlx"))
    assert [(one.file.name, one.rows) for one in written] == [
        ("train.jsonl", 4),
        ("valid.jsonl", 2),
        ("test.jsonl", 2),
    ]
    assert lines(tmp_path / "out" / "valid.jsonl") == stored(root, "chat", "validation")


@pytest.mark.parametrize("config", ["prompt_completion", "full", "relations"])
def test_lines_are_the_rows_of_the_config(root: str, tmp_path: Path, config: str) -> None:
    export(root, tmp_path / "out", "jsonl", config)
    for split in ("train", "validation", "test"):
        assert lines(tmp_path / "out" / f"{split}.jsonl") == stored(root, config, split)


def test_csv_keeps_texts_and_writes_nested_values_as_json(root: str, tmp_path: Path) -> None:
    export(root, tmp_path / "out", "csv", "full")
    with (tmp_path / "out" / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file)]
    expected = stored(root, "full", "train")
    assert [row["summary"] for row in rows] == [row["summary"] for row in expected]
    assert [json.loads(row["relations"]) for row in rows] == [row["relations"] for row in expected]


def test_csv_of_the_prompts_has_a_folder_for_each_of_the_six(root: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(root, out, "csv", "core")
    written = export(root, out, "csv", "prompts")
    assert {one.file.parent.name for one in written} == {*get_args(StudentPrompt)}
    assert {one.name for one in out.iterdir()} == {*get_args(StudentPrompt)}
    for split in ("train", "validation", "test"):
        expected = stored(root, "prompts", split)
        for variant in get_args(StudentPrompt):
            with (out / variant / f"{split}.csv").open(encoding="utf-8", newline="") as file:
                rows = [*csv.DictReader(file)]
            assert [{**row, "variant": variant} for row in rows] == [
                row for row in expected if row["variant"] == variant
            ]
    export(root, out, "csv", "core")
    assert not [*out.glob("*/*.csv")]


def test_a_split_that_has_no_rows_any_more_leaves_no_file(root: str, tmp_path: Path) -> None:
    export(root, tmp_path / "out", "jsonl", "core")
    for partition in ("a", "b"):
        write_shards(root, partition, batch_of(TRAIN).examples(), shaping=shaping())
    export(root, tmp_path / "out", "jsonl", "core")
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"train.jsonl"}


@pytest.mark.parametrize(
    ("form", "config", "what"),
    [
        ("jsonl", "messages", "no such config. Name one of prompt_completion"),
        ("csv", "rejected", "the config rejected has no rows"),
        ("mlx", "core", "cannot train on the config core"),
        ("mlx", "prompt_completion", "cannot train on .* Export chat, or another"),
    ],
)
def test_what_cannot_be_exported_is_an_error_that_says_what_can(
    root: str, tmp_path: Path, form: Format, config: str, what: str
) -> None:
    with pytest.raises(DatasetError, match=what):
        export(root, tmp_path / "out", form, config)
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder_is_an_error(root: str, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        export(root, tmp_path / "out", "csv", "core")
