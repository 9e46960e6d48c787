"""The folder loads with `datasets` after any number of batches, without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import datasets
import fsspec
import pyarrow.parquet as pq
import pytest

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.card import write_card
from relgen_assets.export.configs import expected_rows
from relgen_assets.export.examples import CoreExample, FullExample
from relgen_assets.export.flat import entity_mentions
from relgen_assets.export.loading import article_places, in_two_batches, in_two_splits, loads
from relgen_assets.export.shard_writing import write_shards
from relgen_assets.export.shards import find_shards, read_rows
from relgen_assets_tests.relgen_assets.export.batch import EXTRACTION, batch_of, shaping

TRAIN, VALIDATION, TEST = "lake-0", "lake-9", "lake-1"


def publish(root: str, partition: str, *paper_ids: str) -> None:
    """Write one batch and the card, as the assets do."""
    examples = batch_of(*paper_ids).examples()
    write_shards(root, partition, examples, shaping=shaping())
    write_card(root, title="Life in brine", licence="other")


def loaded(root: str) -> dict[tuple[str, str], int]:
    """Load the folder with its current shards, as the check does."""
    return loads(root, find_shards(root))


def in_every_config(**rows: int) -> dict[tuple[str, str], int]:
    """Return the rows of every config for so many examples of the batch, which are all alike."""
    mentions = len(entity_mentions(batch_of(TRAIN).examples()[0]))
    each = expected_rows(1) | {"entities": mentions, "relations": 2}
    return {
        (config, split): many * one for config, many in each.items() for split, one in rows.items()
    }


def test_the_folder_loads_after_one_batch_and_after_three(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN)
    assert loaded(str(tmp_path)) == in_every_config(train=2)
    publish(str(tmp_path), "lakes-00001", "lake-2", TEST)
    publish(str(tmp_path), "lakes-00002", VALIDATION, "lake-11")
    assert loaded(str(tmp_path)) == in_every_config(train=4, validation=4, test=2)


def test_a_batch_added_without_a_new_card_is_loaded_too(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN)
    examples = batch_of("lake-2").examples()
    write_shards(str(tmp_path), "lakes-00001", examples, shaping=shaping())
    assert loaded(str(tmp_path)) == in_every_config(train=4)


def test_a_batch_made_again_replaces_its_rows(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN, TEST)
    publish(str(tmp_path), "lakes-00001", VALIDATION)
    publish(str(tmp_path), "lakes-00000", "lake-2", "lake-6")
    assert loaded(str(tmp_path)) == in_every_config(train=4, validation=2)
    publish(str(tmp_path), "lakes-00000")
    assert loaded(str(tmp_path)) == in_every_config(validation=2)


def test_a_user_who_loaded_the_folder_before_gets_the_current_rows(tmp_path: Path) -> None:
    root, cache = str(tmp_path / "dataset"), str(tmp_path / "cache")

    def texts() -> list[str]:
        loaded = datasets.load_dataset(root, "core", split="train", cache_dir=cache)
        return [str(text) for text in loaded["chunk"]]

    publish(root, "lakes-00000", TRAIN)
    first = texts()
    publish(root, "lakes-00001", "lake-2")
    added = texts()
    assert added[:2] == first
    assert len(added) == 4
    publish(root, "lakes-00001", "lake-6")  # as many rows as before, other content
    assert len(texts()) == 4
    assert texts() != added


def test_a_folder_without_examples_has_nothing_to_load(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000")
    assert loaded(str(tmp_path)) == {}


def test_loaded_rows_are_the_examples(tmp_path: Path) -> None:
    root = tmp_path / "dataset"
    publish(str(root), "lakes-00000", TRAIN, "lake-2")
    examples = batch_of(TRAIN, "lake-2").examples()
    cache = str(tmp_path / "cache")
    default = datasets.load_dataset(str(root), split="train", cache_dir=cache)
    assert default.column_names == ["prompt", "completion"]
    core = datasets.load_dataset(str(root), "core", split="train", cache_dir=cache)
    assert core.column_names == ["summary", "chunk", "extraction"]
    assert json.loads(core[0]["extraction"])["list_of_entities"] == EXTRACTION.list_of_entities
    full = datasets.load_dataset(str(root), "full", split="train", cache_dir=cache)
    assert [FullExample.model_validate(row) for row in full] == examples
    chats = datasets.load_dataset(str(root), "chat", split="train", cache_dir=cache)
    assert [message["role"] for message in chats[0]["messages"]] == ["user", "assistant"]


def test_the_folder_loads_in_a_fresh_process_that_cannot_open_a_connection(tmp_path: Path) -> None:
    publish(str(tmp_path / "dataset"), "lakes-00000", TRAIN, TEST)
    program = (
        "import socket, sys\n"
        "def refuse(*_): raise SystemExit('a connection was tried')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from datasets import load_dataset\n"
        "print({s: t.num_rows for s, t in load_dataset(sys.argv[1], 'core').items()})\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "dataset")],
        env={
            **os.environ,
            "HF_HOME": str(tmp_path / "home"),
            "HF_HUB_OFFLINE": "1",
            "HF_DATASETS_OFFLINE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == "{'train': 2, 'test': 2}"


def test_loading_leaves_the_cache_and_the_progress_bars_of_the_user_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(cache))
    publish(str(tmp_path / "dataset"), "lakes-00000", TRAIN)
    before = datasets.are_progress_bars_disabled()
    loaded(str(tmp_path / "dataset"))
    assert datasets.are_progress_bars_disabled() == before
    assert not cache.exists()


@pytest.fixture
def memory_root() -> Iterator[str]:
    yield "memory://pans/dataset"
    fsspec.filesystem("memory").rm("/pans", recursive=True)


def test_a_folder_on_any_file_system_loads(memory_root: str, tmp_path: Path) -> None:
    for root in (memory_root, f"file://{tmp_path}"):
        publish(root, "lakes-00000", TRAIN)
        publish(root, "lakes-00001", TEST)
        assert loaded(root) == in_every_config(train=2, test=2)


def test_a_folder_without_a_card_is_an_error(memory_root: str, tmp_path: Path) -> None:
    for root in (memory_root, str(tmp_path)):
        examples = batch_of(TRAIN).examples()
        write_shards(root, "lakes-00000", examples, shaping=shaping())
        with pytest.raises(DatasetError, match="dataset_card"):
            loaded(root)


FIRST, SECOND = "core/train/lakes-00000.parquet", "core/train/lakes-00001.parquet"


def cut(shard: Path) -> None:
    shard.write_bytes(shard.read_bytes()[:-100])


def empty(shard: Path) -> None:
    pq.write_table(pq.read_table(shard).slice(0, 0), shard)


def give_other_columns(shard: Path) -> None:
    pq.write_table(pq.read_table(shard).drop_columns(["chunk"]), shard)


def spoil_rows(shard: Path) -> None:
    """Change a byte of the rows; the footer stays as it is."""
    data = bytearray(shard.read_bytes())
    data[len(data) // 8] ^= 0xFF
    shard.write_bytes(data)


@pytest.mark.parametrize("name", [FIRST, SECOND])
@pytest.mark.parametrize(
    ("damage", "fault"),
    [(cut, "cannot be read"), (empty, "columns and rows"), (give_other_columns, "columns")],
)
def test_any_shard_that_is_damaged_is_an_error_that_names_it(
    tmp_path: Path, name: str, damage: Callable[[Path], None], fault: str
) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN)
    publish(str(tmp_path), "lakes-00001", "lake-2")
    damage(tmp_path / name)
    with pytest.raises(DatasetError, match=rf"{name}.*{fault}"):
        loaded(str(tmp_path))


def test_rows_that_datasets_cannot_read_are_an_error_that_says_why(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN)
    shards = find_shards(str(tmp_path))
    spoil_rows(tmp_path / FIRST)
    with pytest.raises(DatasetError, match=r"cannot be loaded|cannot be read"):
        loads(str(tmp_path), shards)


def test_rows_of_every_shard_are_read_back_with_its_batch(tmp_path: Path) -> None:
    """The whole folder is too much to read after every batch."""
    publish(str(tmp_path), "lakes-00000", TRAIN)
    publish(str(tmp_path), "lakes-00001", "lake-2")
    spoil_rows(tmp_path / SECOND)
    core = [one for one in find_shards(str(tmp_path), "lakes-00001") if one.config == "core"]
    with pytest.raises(DatasetError, match=SECOND):
        read_rows(core, CoreExample)


def test_a_card_that_promises_other_rows_is_an_error(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN, TEST)
    card = tmp_path / "README.md"
    promise = """---
dataset_info:
- config_name: core
  splits:
  - {name: train, num_bytes: 1, num_examples: 2}
  - {name: test, num_bytes: 1, num_examples: TESTS}
"""
    text = card.read_text(encoding="utf-8").removeprefix("---\n")
    card.write_text(promise.replace("TESTS", "2") + text, encoding="utf-8")
    assert loaded(str(tmp_path)) == in_every_config(train=2, test=2)
    card.write_text(promise.replace("TESTS", "3") + text, encoding="utf-8")
    with pytest.raises(DatasetError, match=r"promises .*'test': 3.* rows of core"):
        loaded(str(tmp_path))


def test_a_shard_written_while_the_folder_is_checked_does_not_matter(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00001", TRAIN)
    shards = find_shards(str(tmp_path))
    publish(str(tmp_path), "lakes-00000", "lake-2")
    assert loads(str(tmp_path), shards)["core", "train"] == 2


def test_shards_that_the_card_does_not_name_are_not_counted(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN)
    publish(str(tmp_path), "lakes-00001", "lake-2")
    card = tmp_path / "README.md"
    text = card.read_text(encoding="utf-8")
    card.write_text(text.replace("core/train/*.parquet", FIRST), encoding="utf-8")
    assert loaded(str(tmp_path)) == {**in_every_config(train=4), ("core", "train"): 2}


def test_a_folder_whose_name_datasets_takes_for_a_pattern_is_an_error(tmp_path: Path) -> None:
    publish(str(tmp_path / "run [1]"), "lakes-00000", TRAIN)
    with pytest.raises(DatasetError, match="treats them as patterns"):
        loaded(str(tmp_path / "run [1]"))


def test_a_split_whose_files_are_gone_is_an_error(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN, TEST)
    (tmp_path / "core" / "test" / "lakes-00000.parquet").unlink()
    with pytest.raises(DatasetError, match="cannot be loaded"):
        loaded(str(tmp_path))


def test_no_article_is_in_two_splits_or_two_batches(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN, "lake-2", VALIDATION)
    publish(str(tmp_path), "lakes-00001", TEST, "lake-3")
    assert in_two_splits(article_places(str(tmp_path))) == []
    assert in_two_batches(article_places(str(tmp_path))) == []


def test_an_article_in_two_splits_is_named(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN, TEST)
    examples = batch_of(TRAIN).examples()
    write_shards(
        str(tmp_path),
        "lakes-00001",
        examples,
        shaping=shaping(validation_percent=50, test_percent=50),
    )
    assert in_two_splits(article_places(str(tmp_path))) == [TRAIN]


def test_articles_left_over_from_batches_of_another_size_are_named(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN, "lake-2")
    publish(str(tmp_path), "lakes-00001", "lake-2")
    assert in_two_splits(article_places(str(tmp_path))) == []
    assert in_two_batches(article_places(str(tmp_path))) == ["lake-2"]


def test_an_empty_folder_has_no_articles_in_two_places(tmp_path: Path) -> None:
    assert in_two_splits(article_places(str(tmp_path))) == []
