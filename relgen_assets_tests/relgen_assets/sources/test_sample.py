"""The bundled articles are there, usable and read like any other source."""

from __future__ import annotations

from pathlib import Path

from relgen_assets.settings import SampleSource
from relgen_assets.sources import open_source


def test_the_sample_holds_usable_articles(tmp_path: Path) -> None:
    source = open_source(SampleSource(), state=tmp_path)
    papers = list(source.read(0, 100))
    assert len(papers) == source.count() >= 6
    assert {paper.status for paper in papers} == {"used"}
    assert len({paper.paper_id for paper in papers}) == len(papers)
    for paper in papers:
        assert 1_500 <= len(paper.article.split()) <= 3_000
        assert paper.abstract
        assert paper.section_names
        assert paper.title


def test_ranges_are_read_in_order(tmp_path: Path) -> None:
    source = open_source(SampleSource(), state=tmp_path)
    papers = list(source.read(0, 100))
    assert list(source.read(2, 4)) == papers[2:4]
    assert list(source.read(source.count(), source.count() + 5)) == []
