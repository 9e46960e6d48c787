"""Every partition writes its own files, one per split with rows, and removes old ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.batch_facts import BatchFacts
from relgen_assets.export.configs import CONFIGS, REJECTED
from relgen_assets.export.shard_writing import ShardReport, write_shards
from relgen_assets.export.shards import find_shards
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

WRITTEN = [config for config in CONFIGS if config != REJECTED.name]
"""The configs that are written unless the settings want more."""

# With 30 percent each: lake-0 and lake-2 train, lake-9 validates, lake-1 and lake-3 test.
TRAIN, VALIDATION, TEST = "lake-0", "lake-9", "lake-1"


def write(root: str, partition: str, *paper_ids: str) -> ShardReport:
    examples = batch_of(*paper_ids).examples()
    return write_shards(root, partition, examples, shaping=shaping())


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_file_for_each_config_and_split(tmp_path: Path) -> None:
    report = write(str(tmp_path), "lakes-00000", TRAIN, VALIDATION, TEST, "lake-3")
    assert files(tmp_path) == [
        f"{config}/{split}/lakes-00000.parquet"
        for config in sorted(WRITTEN)
        for split in ("test", "train", "validation")
    ]
    assert report.rows == {"train": 2, "validation": 2, "test": 4}
    assert report.articles == {"train": 1, "validation": 1, "test": 2}
    assert len(report.written) == 3 * len(WRITTEN)
    assert report.size == sum(path.stat().st_size for path in tmp_path.rglob("*.parquet"))


def test_input_and_output_stand_alone(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    table = pq.read_table(tmp_path / "core" / "train" / "lakes-00000.parquet")
    assert table.column_names == ["summary", "chunk", "extraction"]


@pytest.mark.parametrize(
    ("config", "columns"),
    [
        ("prompt_completion", ["prompt", "completion"]),
        ("chat", ["messages"]),
        ("alpaca", ["instruction", "input", "output"]),
        ("teacher_messages", ["messages"]),
    ],
)
def test_what_trainers_take_stands_alone(tmp_path: Path, config: str, columns: list[str]) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    table = pq.read_table(tmp_path / config / "train" / "lakes-00000.parquet")
    assert table.column_names == columns


def test_a_split_without_rows_has_no_file(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    assert {Path(name).parts[1] for name in files(tmp_path)} == {"train"}


def test_a_re_run_removes_the_files_of_splits_that_are_empty_now(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN, TEST)
    report = write(str(tmp_path), "lakes-00000", VALIDATION)
    assert {Path(name).parts[1] for name in files(tmp_path)} == {"validation"}
    assert len(report.removed) == 2 * len(WRITTEN)


def test_a_re_run_without_examples_removes_all_files_of_the_partition(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN, TEST)
    write(str(tmp_path), "lakes-00001", "lake-2")
    report = write(str(tmp_path), "lakes-00000")
    assert (report.rows, report.written) == ({}, [])
    assert {Path(name).name for name in files(tmp_path)} == {"lakes-00001.parquet"}


def test_the_same_examples_give_the_same_bytes(tmp_path: Path) -> None:
    write(str(tmp_path / "a"), "lakes-00000", TRAIN, TEST)
    write(str(tmp_path / "b"), "lakes-00000", TRAIN, TEST)
    for name in files(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_only_columns_of_numbers_carry_statistics(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    carrying: set[str] = set()
    for shard in tmp_path.rglob("*.parquet"):
        group = pq.ParquetFile(shard).metadata.row_group(0)
        columns = [group.column(number) for number in range(group.num_columns)]
        carrying |= {one.path_in_schema for one in columns if one.is_stats_set}
        assert {one.compression for one in columns} == {"ZSTD"}
    numbers = {"index", "start", "end", "tokens", "student_prompt_tokens", "relation"}
    assert numbers <= carrying
    assert not {"chunk", "extraction", "prompt", "name", "paper_id"} & carrying


@pytest.fixture
def memory_root() -> Iterator[str]:
    yield "memory://lakes/dataset"
    fsspec.filesystem("memory").rm("/lakes", recursive=True)


def test_shards_can_lie_on_any_file_system(memory_root: str, tmp_path: Path) -> None:
    for root in (memory_root, f"file://{tmp_path}"):
        write(root, "lakes-00000", TRAIN, TEST)
        write(root, "lakes-00000", TRAIN)
        found = [(shard.config, shard.split) for shard in find_shards(root)]
        assert found == [(config, "train") for config in WRITTEN]


def test_footers_say_what_the_rows_were_made_from(tmp_path: Path) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN, "lake-2")
    facts = {shard.config: shard.facts for shard in find_shards(str(tmp_path))}
    assert {config for config, found in facts.items() if found} == {"full"}
    assert facts["full"] is not None
    assert facts["full"].model_dump(exclude={"digest", "shaping", "lengths"}) == {
        "articles": 2,
        "sources": {"lakes": 4},
        "models": {"extractor-7b": 4},
        "prompt_versions": {"ext-v1": 4},
        "summary_models": {"summariser-1b": 4},
        "summary_prompt_versions": {"sum-v1": 4},
        "student_prompts": {"summary_given": 4},
        "verdicts": {"valid": 2, "repaired": 2},
        "first_prompt_versions": {"ext-v1": 4},
        "earlier_reasons": {},
        "empty": 0,
        "left_out": 0,
        "student_prompt_versions": {shaping().student_version: 4},
        "licences": {"unknown": 2},
        "publishable": {},
        "not_publishable": {"the licence of the article is unknown": 4},
        "languages": {"und": 4},
        "modes": {"schema": 4},
        "repairs": {"closed_json": 2},
        "names": {"absent": 8},
        "relations": 8,
        "faults": {"not_together": 8},
        "chunk_tokens": {"11": 4},
        "summary_words": {"3": 4},
        "answer_tokens": facts["full"].answer_tokens,
        "row_tokens": facts["full"].row_tokens,
        "overlapping": {},
        **BatchFacts().model_dump(),
    }


def test_a_folder_that_does_not_exist_holds_no_shards(tmp_path: Path) -> None:
    assert find_shards(str(tmp_path / "nowhere")) == []


def _torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _other_columns(path: Path) -> None:
    pq.write_table(pa.table({"summary": ["a"]}), path)


def _no_rows(path: Path) -> None:
    pq.write_table(pq.read_table(path).slice(0, 0), path)


def _no_facts(path: Path) -> None:
    pq.write_table(pq.read_table(path).replace_schema_metadata({}), path)


def _wrong_facts(path: Path) -> None:
    facts = json.dumps({"articles": "many"})
    pq.write_table(pq.read_table(path).replace_schema_metadata({"relgen": facts}), path)


@pytest.mark.parametrize("spoil", [_torn, _other_columns, _no_rows, _no_facts, _wrong_facts])
def test_a_file_that_is_not_a_shard_is_named(tmp_path: Path, spoil: Any) -> None:
    write(str(tmp_path), "lakes-00000", TRAIN)
    spoil(tmp_path / "full" / "train" / "lakes-00000.parquet")
    with pytest.raises(DatasetError, match=r"full/train/lakes-00000\.parquet.*Materialise"):
        find_shards(str(tmp_path))
