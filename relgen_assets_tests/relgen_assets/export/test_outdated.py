"""Batches with other columns: left out, named, and back once they are made again."""

from __future__ import annotations

from pathlib import Path

import datasets
import pyarrow.parquet as pq

from relgen_assets.export.card import write_card
from relgen_assets.export.loading import loads
from relgen_assets.export.shard_writing import remove_shards, write_shards
from relgen_assets.export.shards import find_shards, survey
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

OLD, NEW = "lakes-00000", "lakes-00001"


def write(root: Path, partition: str, *paper_ids: str, form: str = "conversational") -> None:
    rules = shaping(prompt_completion=form)
    rows = batch_of(*paper_ids).examples_under(rules)
    write_shards(str(root), partition, rows, shaping=rules)


def write_as_before(root: Path, partition: str, *paper_ids: str) -> None:
    """Write a batch with the columns and configs of an earlier version."""
    write(root, partition, *paper_ids)
    for shard in [*root.rglob(f"{partition}.parquet")]:
        table = pq.read_table(shard)
        if shard.parts[-3] == "full":
            pq.write_table(table.drop_columns(["student_prompt"]), shard)
        elif shard.parts[-3] == "core":
            pq.write_table(table.rename_columns({"chunk": "text"}), shard)
        elif shard.parts[-3] == "chat":
            old = root / "messages" / shard.parts[-2] / shard.name
            old.parent.mkdir(parents=True, exist_ok=True)
            shard.replace(old)
        else:
            shard.unlink()


def loaded_articles(root: Path, cache: Path) -> set[str]:
    write_card(str(root), title="Life in brine", licence="other")
    loaded = datasets.load_dataset(str(root), "full", split="train", cache_dir=str(cache))
    return set(loaded["paper_id"])


def test_an_earlier_versions_batch_is_left_out_until_it_is_made_again(tmp_path: Path) -> None:
    root, cache = tmp_path / "dataset", tmp_path / "cache"
    write_as_before(root, OLD, "lake-0")
    write(root, NEW, "lake-2")
    assert survey(str(root)).outdated == [OLD]
    assert {shard.partition for shard in find_shards(str(root))} == {NEW}
    assert loaded_articles(root, cache) == {"lake-2"}
    assert "1 batches were written by another version" in (root / "README.md").read_text()
    assert loads(str(root), find_shards(str(root)))["core", "train"] == 2

    write(root, OLD, "lake-0")
    assert survey(str(root)).outdated == []
    assert loaded_articles(root, cache) == {"lake-0", "lake-2"}
    assert "another version" not in (root / "README.md").read_text()


def test_a_folder_of_an_earlier_version_alone_has_a_card_without_configs(tmp_path: Path) -> None:
    write_as_before(tmp_path, OLD, "lake-0")
    report = write_card(str(tmp_path), title="Life in brine", licence="other")
    assert (report.rows, report.outdated) == ({}, [OLD])
    assert survey(str(tmp_path), OLD).outdated == [OLD], "its own check sees it, too"
    assert loads(str(tmp_path), find_shards(str(tmp_path))) == {}


def test_files_of_former_configs_go_with_their_batch(tmp_path: Path) -> None:
    write_as_before(tmp_path, OLD, "lake-0")
    write(tmp_path, OLD, "lake-0")
    assert not [*tmp_path.glob("messages/*/*.parquet")]
    write_as_before(tmp_path, OLD, "lake-0")
    remove_shards(str(tmp_path), OLD)
    assert not [*tmp_path.rglob("*.parquet")]


def test_of_two_forms_the_rarer_is_left_out_so_that_the_folder_loads(
    tmp_path: Path,
) -> None:
    root, cache = tmp_path / "dataset", tmp_path / "cache"
    write(root, OLD, "lake-0", "lake-2", form="conversational")
    write(root, NEW, "lake-6", form="plain")
    assert survey(str(root)).outdated == [NEW]
    assert loaded_articles(root, cache) == {"lake-0", "lake-2"}
    write(root, OLD, "lake-0", "lake-2", form="plain")
    assert survey(str(root)).outdated == []
    assert loaded_articles(root, cache) == {"lake-0", "lake-2", "lake-6"}
    pairs = datasets.load_dataset(str(root), split="train", cache_dir=str(cache))
    assert isinstance(pairs[0]["prompt"], str)
