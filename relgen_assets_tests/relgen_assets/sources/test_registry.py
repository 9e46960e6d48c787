"""Every kind of source in the settings has a class, and every class reads articles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import TypeAdapter

from relgen_assets.domain_errors import SourceError
from relgen_assets.settings import SampleSource, SourceSettings
from relgen_assets.sources import SOURCES, open_source
from relgen_assets_tests.relgen_assets.sources.articles import PROSE, row, write_json_lines


def kinds_of_the_settings() -> list[str]:
    union, _discriminator = get_args(SourceSettings)
    return [get_args(section.model_fields["kind"].annotation)[0] for section in get_args(union)]


def _sample(_folder: Path) -> dict[str, Any]:
    return {}


def _files(folder: Path) -> dict[str, Any]:
    return {"path": str(write_json_lines(folder / "a.jsonl", [row(n) for n in range(4)]))}


def _documents(folder: Path) -> dict[str, Any]:
    for number in range(4):
        (folder / f"{number}.md").write_text(f"# Lake {number}\n\n## Life\n{PROSE}")
    return {"path": str(folder), "include": ["*.md"]}


def _wikipedia(folder: Path) -> dict[str, Any]:
    rows = [
        {"id": n, "title": f"Lake {n}", "text": f"A lake.\n\n== Life ==\n{PROSE}"} for n in range(4)
    ]
    return {"path": str(write_json_lines(folder / "a.jsonl", rows))}


def _scientific_papers(folder: Path) -> dict[str, Any]:
    split = folder / "copy" / "arxiv" / "train"
    split.mkdir(parents=True)
    names = ("article", "abstract", "section_names")
    rows = [{name: row(n)[name] for name in names} for n in range(4)]
    pq.write_table(pa.Table.from_pylist(rows), split / "0000.parquet")
    return {"dataset": str(folder / "copy"), "articles": 4}


EXAMPLES: dict[str, Callable[[Path], dict[str, Any]]] = {
    "sample": _sample,
    "files": _files,
    "documents": _documents,
    "wikipedia": _wikipedia,
    "scientific_papers": _scientific_papers,
}
"""Writes articles into a folder and returns the settings that read them, for each kind."""


@pytest.mark.parametrize("kind", kinds_of_the_settings())
def test_every_kind_reads_the_articles_it_counts(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    assert kind in SOURCES, f"no class in relgen_assets.sources.registry.SOURCES reads {kind!r}"
    assert kind in EXAMPLES, f"EXAMPLES of this test needs articles for the kind {kind!r}"
    settings: SourceSettings = TypeAdapter(SourceSettings).validate_python(
        {"kind": kind, **EXAMPLES[kind](tmp_path)}
    )
    source = open_source(settings, state=tmp_path / "state")
    papers = list(source.read(0, source.count() + 10))
    assert len(papers) == source.count() >= 4
    assert {paper.status for paper in papers} == {"used"}
    assert {paper.source for paper in papers} == {settings.name}
    assert list(source.read(1, 3)) == papers[1:3]


def test_every_class_can_be_chosen_in_the_settings() -> None:
    assert sorted(SOURCES) == sorted(kinds_of_the_settings())


def test_a_kind_without_a_class_is_an_error_that_says_where_to_add_it(tmp_path: Path) -> None:
    unknown = SampleSource().model_copy(update={"kind": "encyclopedia"})
    with pytest.raises(SourceError, match=r"source\.kind.*'encyclopedia'.*sample.*SOURCES"):
        open_source(unknown, state=tmp_path)
