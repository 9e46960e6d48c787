"""A release holds what may be published, loads as promised, and is the same wherever it is made."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest
import yaml

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.attribution import ATTRIBUTION_FILE
from relgen_assets.export.batch_facts import BatchFacts
from relgen_assets.export.citation import CITATION_FILE
from relgen_assets.export.companions import RECIPE_FILE
from relgen_assets.export.configs import CONFIGS, FULL, REJECTED
from relgen_assets.export.loading import loads
from relgen_assets.export.plots import LENGTHS_FILE
from relgen_assets.export.shard_writing import write_shards
from relgen_assets.export.shards import find_shards, full_rows
from relgen_assets.release.contents import PROVENANCE_FILE
from relgen_assets.release.manifest import MANIFEST_FILE, Manifest
from relgen_assets_tests.relgen_assets.release.folders import (
    SHAPING,
    UNKNOWN,
    FakeTables,
    articles_of,
    dataset,
    examples_of,
    release,
)

BATCHES = ["lakes-00000", "lakes-00001", "lakes-00002"]
LEFT_OUT = articles_of(BATCHES[1])[:3]


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    return dataset(tmp_path_factory.mktemp("dataset"), BATCHES, unknown=LEFT_OUT)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("releases") / "one"


@pytest.fixture(scope="module")
def manifest(root: str, folder: Path) -> Manifest:
    return release(root, folder)


def test_every_config_and_split_loads_as_promised(
    manifest: Manifest, folder: Path, tmp_path: Path
) -> None:
    assert set(manifest.rows) == set(CONFIGS) - {REJECTED.name}
    for config, splits in manifest.rows.items():
        loaded = datasets.load_dataset(str(folder), config, cache_dir=str(tmp_path))
        assert {split: len(rows) for split, rows in loaded.items()} == splits
        streamed = datasets.load_dataset(str(folder), config, streaming=True)
        assert {split: sum(1 for _ in rows) for split, rows in streamed.items()} == splits
    assert loads(str(folder), find_shards(str(folder))) == {
        (config, split): rows
        for config, splits in manifest.rows.items()
        for split, rows in splits.items()
    }


def test_datasets_refuses_a_release_with_fewer_rows(root: str, tmp_path: Path) -> None:
    torn = tmp_path / "torn"
    release(root, torn, shard_bytes=1)
    first, *_ = (torn / "core" / "train").iterdir()
    first.unlink()
    with pytest.raises(datasets.exceptions.DatasetsError, match="num_examples"):
        datasets.load_dataset(str(torn), "core", cache_dir=str(tmp_path / "cache"))


def test_rows_that_may_not_be_published_are_left_out_and_counted(
    root: str, manifest: Manifest, folder: Path
) -> None:
    rows = full_rows(find_shards(str(folder)))
    assert all(row.publishable for row in rows)
    assert not {row.paper_id for row in rows} & set(LEFT_OUT)
    assert manifest.left_out == {UNKNOWN: 2 * len(LEFT_OUT)}
    assert sum(manifest.rows[FULL.name].values()) == 2 * (18 - len(LEFT_OUT))
    card = (folder / "README.md").read_text()
    assert f"- {2 * len(LEFT_OUT)}: {UNKNOWN}" in card
    assert "| cc-by-4.0 | 30 | <https://creativecommons.org/licenses/by/4.0/> |" in card
    assert "On lakes-00001-article-0" not in (folder / ATTRIBUTION_FILE).read_text()


def test_what_became_of_a_batch_is_told_once_even_without_the_rows_of_its_first_split(
    tmp_path: Path,
) -> None:
    root, folder, batch = str(tmp_path / "dataset"), tmp_path / "release", BATCHES[0]
    counts = BatchFacts(chunks=20, accepted={"valid": 12}, rejected={"no_relations": 8})

    def write(unknown: Iterable[str]) -> None:
        rows = examples_of(batch, unknown=unknown)
        write_shards(root, batch, rows, shaping=SHAPING, left_out=3, batch=counts)

    write([])
    trained = [shard for shard in find_shards(root) if shard.split == "train"]
    write({row.paper_id for row in full_rows(trained)})
    assert "train" not in release(root, folder).rows[FULL.name]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "have 20 chunks; 12 of them (60.0%)" in card
    assert "| answer rejected | `no_relations` | 8 |" in card
    assert "3 more were left out" in " ".join(card.split())


def test_the_card_holds_its_picture_and_citation(folder: Path, manifest: Manifest) -> None:
    described = {file.path for file in manifest.files}
    assert {CITATION_FILE, LENGTHS_FILE} <= described


def test_with_every_row_it_says_so(root: str, tmp_path: Path) -> None:
    manifest = release(root, tmp_path / "all", every_row=True)
    assert manifest.every_row
    assert manifest.left_out == {}
    assert sum(manifest.rows[FULL.name].values()) == 36
    assert "do not share it" in (tmp_path / "all" / "README.md").read_text()


def test_all_configs_hold_the_same_rows_in_the_order_of_batch_and_chunk(folder: Path) -> None:
    shards = find_shards(str(folder))
    for split in ("train", "validation", "test"):
        rows = full_rows(shard for shard in shards if shard.split == split)
        ids = [row.chunk_id for row in rows]
        assert ids == sorted(ids)


def test_each_row_names_the_answers_behind_it(manifest: Manifest, folder: Path) -> None:
    origins = pq.read_table(folder / PROVENANCE_FILE).to_pylist()
    rows = {row.chunk_id: row for row in full_rows(find_shards(str(folder)))}
    assert {one["chunk_id"] for one in origins} == rows.keys()
    assert len(origins) == len(rows)
    for one in origins:
        row = rows[one["chunk_id"]]
        assert one["answer_key"] == f"key of {row.chunk_id}"
        assert one["summary_key"] == f"key of {row.paper_id}"
        assert one["validator"] == manifest.rules
        assert row.paper_id.startswith(one["batch"])


def test_the_bytes_do_not_depend_on_the_order_in_which_batches_were_run(
    manifest: Manifest, folder: Path, tmp_path: Path
) -> None:
    other = dataset(tmp_path / "dataset", reversed(BATCHES), unknown=LEFT_OUT)
    assert release(other, tmp_path / "elsewhere" / "release") == manifest
    assert contents(tmp_path / "elsewhere" / "release") == contents(folder)


def test_the_bytes_hold_no_path(root: str, folder: Path) -> None:
    for path, data in contents(folder).items():
        assert str(folder.parent).encode() not in data, path
        assert root.encode() not in data, path


def test_the_card_is_yaml_and_text_of_a_dataset_with_counts(
    manifest: Manifest, folder: Path
) -> None:
    _, front, text = (folder / "README.md").read_text().split("---\n", 2)
    info = {one["config_name"]: one for one in yaml.safe_load(front)["dataset_info"]}
    sizes = {one.path: one.bytes for one in manifest.files}
    for config, splits in manifest.rows.items():
        counted = {one["name"]: one["num_examples"] for one in info[config]["splits"]}
        assert counted == splits
        own = sum(size for path, size in sizes.items() if path.startswith(f"{config}/"))
        assert info[config]["download_size"] == own
    assert text.count("## This release") == 1


def test_the_manifest_names_every_other_file(manifest: Manifest, folder: Path) -> None:
    assert {one.path for one in manifest.files} == contents(folder).keys() - {MANIFEST_FILE}
    assert json.loads((folder / RECIPE_FILE).read_text()) == {"settings": {}}


def test_tables_are_read_once_a_batch(root: str, tmp_path: Path) -> None:
    tables = FakeTables(2)
    release(root, tmp_path / "release", tables=tables)
    assert tables.read_for == [
        f"{asset}/{batch}" for batch in BATCHES for asset in ("summaries", "raw_extractions")
    ]


def test_a_row_without_an_answer_in_its_table_is_an_error(root: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="lakes-00000: the tables of this batch have no row"):
        release(root, tmp_path / "release", tables=FakeTables(1))


def test_a_dataset_without_publishable_rows_is_an_error_that_says_why(tmp_path: Path) -> None:
    root = dataset(tmp_path / "dataset", BATCHES[:1], unknown=articles_of(BATCHES[0]))
    with pytest.raises(DatasetError, match=rf"no row may be published: {UNKNOWN} \(12\)"):
        release(root, tmp_path / "release")


def test_an_empty_dataset_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no rows to release"):
        release(str(tmp_path), tmp_path / "release")


def test_versions_of_an_article_are_in_one_split_whatever_the_folder_has(
    root: str, tmp_path: Path
) -> None:
    apart = {
        example.paper_id: shard.split
        for shard in find_shards(root)
        if shard.config == "full"
        for example in full_rows([shard])
    }
    moved = dict.fromkeys([one for one in apart if apart[one] != "test"][:3], "test")
    folder = tmp_path / "together"
    release(root, folder, regrouped=lambda _batches: moved, every_row=True)
    released = find_shards(str(folder))
    for config in ("full", "core"):
        rows = sum(shard.rows for shard in find_shards(root) if shard.config == config)
        assert sum(shard.rows for shard in released if shard.config == config) == rows
    for shard in (one for one in released if one.config == "full"):
        for example in full_rows([shard]):
            expected = moved.get(example.paper_id, apart[example.paper_id])
            assert shard.split == expected
    stored = pq.read_table(folder / PROVENANCE_FILE)
    for row in stored.select(["chunk_id", "split"]).to_pylist():
        article = row["chunk_id"].partition("#")[0]
        assert row["split"] == moved.get(article, apart[article])
