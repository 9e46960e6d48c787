"""`scientific_papers` from a local copy in the layout of the hub's parquet conversion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from relgen_assets.domain_errors import SourceError
from relgen_assets.settings import ScientificPapersSource
from relgen_assets.sources import ArticleSource, open_source
from relgen_assets_tests.relgen_assets.sources.articles import PROSE


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def write_split(root: Path, folder: str, *, shards: int = 2, rows: int = 5) -> None:
    (root / folder).mkdir(parents=True)
    for shard in range(shards):
        numbers = range(shard * rows, (shard + 1) * rows)
        table = {
            "article": [f"{folder} {n}\n{PROSE}" for n in numbers],
            "abstract": [f" abstract {n}\n of @xmath0 . " for n in numbers],
            "section_names": ["[sec:introduction]introduction\nresults"] * rows,
        }
        pq.write_table(pa.table(table), root / folder / f"{shard:04d}.parquet")


def source(root: Path, **settings: Any) -> ArticleSource:
    values: dict[str, Any] = {"kind": "scientific_papers", "dataset": str(root), **settings}
    return open_source(ScientificPapersSource(**values), state=root / "state")


@pytest.mark.parametrize("folder", ["arxiv/train", "arxiv/partial-train"])
def test_a_batch_is_a_range_of_the_rows_of_the_split(folder: str, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    for name in (folder, "arxiv/test", "arxiv/validation", "pubmed/train"):
        write_split(root, name)
    papers = list(source(root).read(3, 7))
    assert [paper.article.split("\n")[0] for paper in papers] == [
        f"{folder} {n}" for n in range(3, 7)
    ]
    first = papers[0]
    assert (first.source, first.abstract) == ("arxiv", "abstract 3 of @xmath0 .")
    assert first.section_names == ["introduction", "results"]
    assert {paper.status for paper in papers} == {"used"}
    assert len({paper.paper_id for paper in papers}) == 4


def test_config_and_split_are_settings(tmp_path: Path) -> None:
    root = tmp_path / "copy"
    write_split(root, "arxiv/train")
    write_split(root, "pubmed/test", shards=1)
    (paper,) = source(root, config="pubmed", split="test").read(0, 1)
    assert (paper.source, paper.article.split("\n")[0]) == ("pubmed", "pubmed/test 0")


def test_rows_beyond_the_end_and_beyond_the_setting_are_absent(tmp_path: Path) -> None:
    root = tmp_path / "copy"
    write_split(root, "arxiv/train")
    assert len(list(source(root).read(8, 20))) == 2
    assert list(source(root).read(40, 60)) == []
    assert len(list(source(root, articles=3).read(0, 20))) == 3


def test_the_count_is_a_setting_and_opens_nothing(tmp_path: Path) -> None:
    assert source(tmp_path / "gone").count() == 10_000
    assert source(tmp_path / "gone", articles=7).count() == 7


def test_a_missing_dataset_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone.*cannot be loaded.*Check source\.dataset"):
        list(source(tmp_path / "gone").read(0, 1))
    write_split(tmp_path / "copy", "arxiv/test")
    with pytest.raises(SourceError, match=r"copy.*cannot be loaded"):
        list(source(tmp_path / "copy").read(0, 1))


def test_other_columns_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "copy" / "arxiv" / "train"
    folder.mkdir(parents=True)
    pq.write_table(pa.table({"text": ["x"], "abstract": ["y"]}), folder / "0000.parquet")
    with pytest.raises(SourceError, match="no column 'article' and 'section_names'"):
        list(source(tmp_path / "copy").read(0, 1))


def test_a_local_copy_has_no_more_articles_than_it_holds(tmp_path: Path) -> None:
    root = tmp_path / "a copy [2]"
    write_split(root, "arxiv/train", shards=1, rows=4)
    source = open_source(
        ScientificPapersSource(kind="scientific_papers", dataset=str(root)), state=tmp_path
    )
    assert source.count() == len(list(source.read(0, 10))) == 4
    before = source.version()
    write_split(root, "arxiv/partial-train", shards=1, rows=1)
    assert (source.count(), source.version() == before) == (5, False)


def test_a_local_folder_without_such_files_is_told(tmp_path: Path) -> None:
    source = ScientificPapersSource(kind="scientific_papers", dataset=str(tmp_path))
    with pytest.raises(SourceError, match="arxiv/train"):
        open_source(source, state=tmp_path).count()
