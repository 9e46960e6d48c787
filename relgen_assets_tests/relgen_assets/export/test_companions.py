"""What stands beside the shards: trainers find the data by it, and it holds no secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq
import pytest
import yaml
from jsonschema import Draft202012Validator

from relgen_assets.export.answers import SCHEMA_FILE
from relgen_assets.export.card import write_card
from relgen_assets.export.companions import (
    AXOLOTL_FILE,
    LLAMA_FACTORY_FILE,
    RECIPE_FILE,
    write_companions,
)
from relgen_assets.export.shard_writing import write_shards
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

TRAIN, VALIDATION, TEST = "lake-0", "lake-9", "lake-1"


def publish(root: Path, *paper_ids: str, **settings: Any) -> None:
    rules = shaping(**settings)
    rows = batch_of(*paper_ids).examples_under(rules)
    write_shards(str(root), "lakes-00000", rows, shaping=rules)
    report = write_card(str(root), title="Life in brine", licence="other")
    write_companions(
        str(root),
        report.rows,
        name="relgen",
        max_length=report.lengths.max_length,
        answer=rules.answer,
        recipe={"dataset": {}},
    )


def parsed(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def test_llama_factory_finds_each_split_in_two_formats(tmp_path: Path) -> None:
    publish(tmp_path, TRAIN, VALIDATION)
    entries = parsed(tmp_path / LLAMA_FACTORY_FILE)
    assert [*entries] == ["relgen", "relgen_chat", "relgen_validation", "relgen_chat_validation"]
    for entry in entries.values():
        (shard,) = (tmp_path / entry["file_name"]).glob("*.parquet")
        assert set(entry["columns"].values()) == set(pq.read_schema(shard).names)


def test_axolotl_reads_conversations_of_the_named_length(tmp_path: Path) -> None:
    publish(tmp_path, TRAIN, VALIDATION)
    settings = yaml.safe_load((tmp_path / AXOLOTL_FILE).read_text(encoding="utf-8"))
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert f"**Set `max_length` to {settings['sequence_len']:,} or more**" in card
    for entries in (settings["datasets"], settings["test_datasets"]):
        (entry,) = entries
        loaded = datasets.load_dataset(
            entry["ds_type"],
            data_files=f"{tmp_path}/{entry['path']}/*",
            split=entry["split"],
            cache_dir=str(tmp_path / "cache"),
        )
        assert loaded.column_names == [entry["field_messages"]]


def test_a_split_without_rows_is_named_nowhere(tmp_path: Path) -> None:
    publish(tmp_path, TEST)
    assert [*parsed(tmp_path / LLAMA_FACTORY_FILE)] == ["relgen_test", "relgen_chat_test"]
    assert "datasets:" not in (tmp_path / AXOLOTL_FILE).read_text(encoding="utf-8")


@pytest.mark.parametrize("settings", [{}, {"answer_strength": False, "answer_json": "indented"}])
def test_every_extraction_is_valid_under_the_schema_in_the_folder(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    publish(tmp_path, TRAIN, **settings)
    schema = parsed(tmp_path / SCHEMA_FILE)
    Draft202012Validator.check_schema(schema)
    table = pq.read_table(tmp_path / "core" / "train" / "lakes-00000.parquet")
    for text in table.column("extraction").to_pylist():
        Draft202012Validator(schema).validate(json.loads(text))


def test_the_files_beside_the_shards_do_not_keep_the_folder_from_loading(tmp_path: Path) -> None:
    publish(tmp_path / "dataset", TRAIN)
    loaded = datasets.load_dataset(str(tmp_path / "dataset"), cache_dir=str(tmp_path / "cache"))
    assert {split: rows.num_rows for split, rows in loaded.items()} == {"train": 2}


def test_a_folder_without_rows_has_files_that_name_none(tmp_path: Path) -> None:
    publish(tmp_path)
    assert parsed(tmp_path / LLAMA_FACTORY_FILE) == {}
    assert parsed(tmp_path / RECIPE_FILE) == {"dataset": {}}
