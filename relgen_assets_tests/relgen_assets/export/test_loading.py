"""The folder loads with `datasets` after any number of batches, without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import datasets
import fsspec
import pytest

from relgen_assets.errors import DatasetError
from relgen_assets.export.card import write_card
from relgen_assets.export.examples import FullExample
from relgen_assets.export.loading import articles_in_two_batches, articles_in_two_splits, loads
from relgen_assets.export.shards import write_shards
from relgen_assets_tests.relgen_assets.export.batch import EXTRACTION, batch_of

TRAIN, VALIDATION, TEST = "lake-0", "lake-9", "lake-1"


def publish(root: str, partition: str, *paper_ids: str) -> None:
    """Write one batch and the card, as the assets do."""
    examples = batch_of(*paper_ids).examples()
    write_shards(root, partition, examples, validation_percent=30, test_percent=30)
    write_card(root, title="Life in brine", licence="other")


def in_every_config(**rows: int) -> dict[tuple[str, str], int]:
    return {
        (config, split): count
        for config in ("core", "full", "messages")
        for split, count in rows.items()
    }


def test_the_folder_loads_after_one_batch_and_after_three(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN)
    assert loads(str(tmp_path)) == in_every_config(train=2)
    publish(str(tmp_path), "lakes-00001", "lake-2", TEST)
    publish(str(tmp_path), "lakes-00002", VALIDATION, "lake-11")
    assert loads(str(tmp_path)) == in_every_config(train=4, validation=4, test=2)


def test_a_batch_added_without_a_new_card_is_loaded_too(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN)
    examples = batch_of("lake-2").examples()
    write_shards(str(tmp_path), "lakes-00001", examples, validation_percent=30, test_percent=30)
    assert loads(str(tmp_path)) == in_every_config(train=4)


def test_a_batch_made_again_replaces_its_rows(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN, TEST)
    publish(str(tmp_path), "lakes-00001", VALIDATION)
    publish(str(tmp_path), "lakes-00000", "lake-2", "lake-6")
    assert loads(str(tmp_path)) == in_every_config(train=4, validation=2)
    publish(str(tmp_path), "lakes-00000")
    assert loads(str(tmp_path)) == in_every_config(validation=2)


def test_a_user_who_loaded_the_folder_before_gets_the_rows_of_now(tmp_path: Path) -> None:
    root, cache = str(tmp_path / "dataset"), str(tmp_path / "cache")

    def texts() -> list[str]:
        loaded = datasets.load_dataset(root, "core", split="train", cache_dir=cache)
        return [str(text) for text in loaded["text"]]

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
    assert loads(str(tmp_path)) == {}


def test_loaded_rows_are_the_examples(tmp_path: Path) -> None:
    root = tmp_path / "dataset"
    publish(str(root), "lakes-00000", TRAIN, "lake-2")
    examples = batch_of(TRAIN, "lake-2").examples()
    cache = str(tmp_path / "cache")
    core = datasets.load_dataset(str(root), split="train", cache_dir=cache)
    assert core.column_names == ["summary", "text", "extraction"]
    assert json.loads(core[0]["extraction"])["list_of_entities"] == EXTRACTION.list_of_entities
    full = datasets.load_dataset(str(root), "full", split="train", cache_dir=cache)
    assert [FullExample.model_validate(row) for row in full] == examples
    chats = datasets.load_dataset(str(root), "messages", split="train", cache_dir=cache)
    assert [message["role"] for message in chats[0]["messages"]] == ["system", "user", "assistant"]


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
    loads(str(tmp_path / "dataset"))
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
        assert loads(root) == in_every_config(train=2, test=2)


def test_a_folder_without_a_card_is_an_error(memory_root: str, tmp_path: Path) -> None:
    for root in (memory_root, str(tmp_path)):
        examples = batch_of(TRAIN).examples()
        write_shards(root, "lakes-00000", examples, validation_percent=30, test_percent=30)
        with pytest.raises(DatasetError, match="dataset_card"):
            loads(root)


def test_a_folder_that_does_not_load_is_an_error_that_says_why(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN)
    (tmp_path / "core" / "train" / "lakes-00000.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(DatasetError, match="cannot be loaded"):
        loads(str(tmp_path))


def test_a_folder_whose_name_datasets_takes_for_a_pattern_is_an_error(tmp_path: Path) -> None:
    publish(str(tmp_path / "run [1]"), "lakes-00000", TRAIN)
    with pytest.raises(DatasetError, match="takes them for patterns"):
        loads(str(tmp_path / "run [1]"))


def test_a_split_whose_files_are_gone_is_an_error(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN, TEST)
    (tmp_path / "core" / "test" / "lakes-00000.parquet").unlink()
    with pytest.raises(DatasetError, match="cannot be loaded"):
        loads(str(tmp_path))


def test_no_article_is_in_two_splits_or_two_batches(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN, "lake-2", VALIDATION)
    publish(str(tmp_path), "lakes-00001", TEST, "lake-3")
    assert articles_in_two_splits(str(tmp_path)) == []
    assert articles_in_two_batches(str(tmp_path)) == []


def test_an_article_in_two_splits_is_named(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN, TEST)
    examples = batch_of(TRAIN).examples()
    write_shards(str(tmp_path), "lakes-00001", examples, validation_percent=0, test_percent=100)
    assert articles_in_two_splits(str(tmp_path)) == [TRAIN]


def test_articles_left_over_from_batches_of_another_size_are_named(tmp_path: Path) -> None:
    publish(str(tmp_path), "lakes-00000", TRAIN, "lake-2")
    publish(str(tmp_path), "lakes-00001", "lake-2")
    assert articles_in_two_splits(str(tmp_path)) == []
    assert articles_in_two_batches(str(tmp_path)) == ["lake-2"]


def test_an_empty_folder_has_no_articles_in_two_places(tmp_path: Path) -> None:
    assert articles_in_two_splits(str(tmp_path)) == []
