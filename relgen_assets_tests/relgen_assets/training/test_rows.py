"""The rows that a student is trained on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.configs import DEFAULT
from relgen_assets.export.shard_writing import write_shards
from relgen_assets.export.shards import find_shards
from relgen_assets.training.rows import Pair, Rows, read_rows, texts_of, that_fit
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping


def write(root: Path, *articles: str, partition: str = "lakes-00000", **settings: Any) -> None:
    rules = shaping(**settings)
    rows = batch_of(*articles).examples_under(rules)
    write_shards(str(root), partition, rows, shaping=rules)


def plain(*lengths: int) -> Rows:
    return Rows([{"prompt": "a" * one, "completion": ""} for one in lengths], [])


def length(row: Pair) -> int:
    return sum(map(len, texts_of(row)))


def test_they_are_prompts_with_their_extractions(tmp_path: Path) -> None:
    write(tmp_path, "lake-0", "lake-2", validation_percent=0, test_percent=0)
    rows = read_rows(str(tmp_path))
    assert rows.train and not rows.validation
    assert rows.is_conversational
    asked, answered = texts_of(rows.train[0])
    assert "Extract the entities" in asked
    assert answered.startswith('{"section_description"')


def test_plain_rows_are_read_as_well(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "validation_percent": 0,
        "test_percent": 0,
        "prompt_completion": "plain",
    }
    write(tmp_path, "lake-0", **settings)
    assert not read_rows(str(tmp_path)).is_conversational


def test_rows_for_testing_are_never_seen(tmp_path: Path) -> None:
    write(tmp_path, *(f"lake-{number}" for number in range(12)))
    rows = read_rows(str(tmp_path))
    stored = [one for one in find_shards(str(tmp_path)) if one.config == DEFAULT.name]
    counts = {one.split: one.rows for one in stored}
    assert counts.keys() == {"train", "validation", "test"}
    assert (len(rows.train), len(rows.validation)) == (counts["train"], counts["validation"])


def test_a_folder_without_rows_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no rows to train on.*--on"):
        read_rows(str(tmp_path))


def test_messages_and_plain_text_are_not_mixed(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"validation_percent": 0, "test_percent": 0}
    write(tmp_path, "lake-0", **settings)
    write(tmp_path, "lake-2", partition="lakes-00001", prompt_completion="plain", **settings)
    with pytest.raises(DatasetError, match="holds messages and plain text"):
        read_rows(str(tmp_path))


def test_rows_of_another_version_are_read_too(tmp_path: Path) -> None:
    write(tmp_path, "lake-0", validation_percent=0, test_percent=0)
    rows = read_rows(str(tmp_path))
    shutil.rmtree(tmp_path / "full")  # the config whose columns change with versions
    assert read_rows(str(tmp_path)) == rows


def test_some_rows_are_the_same_every_time_and_others_with_another_seed(tmp_path: Path) -> None:
    articles = [f"lake-{number}" for number in range(30)]
    write(tmp_path, *articles, validation_percent=0, test_percent=0)
    first, again, other = (read_rows(str(tmp_path), most=20, seed=seed) for seed in (0, 0, 1))
    assert len(first.train) == 20
    assert first.digest == again.digest
    everything = read_rows(str(tmp_path))
    assert len(everything.train) > 20
    assert first.digest != everything.digest
    assert other.train != []


def test_what_is_too_long_is_left_out_and_counted_never_cut() -> None:
    rows = that_fit(plain(10, 30, 20), length, 20)
    assert [length(row) for row in rows.train] == [10, 20]
    assert rows.left_out == 1


def test_where_all_are_too_long_the_shortest_is_named() -> None:
    with pytest.raises(DatasetError, match="longer than 5 tokens; the shortest has 10"):
        that_fit(plain(10, 30), length, 5)
