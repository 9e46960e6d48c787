"""One odd row costs itself; columns are found wherever they first appear."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from relgen_assets.domain_errors import SourceError
from relgen_assets.settings import Columns, FilesSource
from relgen_assets.sources import ArticleSource, open_source
from relgen_assets.sources.cleaning import DAMAGED_ROW
from relgen_assets.sources.json_lines import ROWS_PER_ENTRY
from relgen_assets_tests.relgen_assets.sources.articles import PROSE, row, write_json_lines


def source(path: Path, **columns: Any) -> ArticleSource:
    settings = FilesSource(kind="files", path=str(path), columns=Columns(**columns))
    return open_source(settings, state=path.parent / "state")


def test_a_line_that_is_not_utf_8_touches_no_other_batch(tmp_path: Path) -> None:
    path = write_json_lines(tmp_path / "a.jsonl", [row(n) for n in range(30)])
    path.write_bytes(path.read_bytes().replace(b'"paper-25"', b'"paper-\xff"'))
    papers = list(source(path, id="id").read(0, 30))
    assert [n for n, paper in enumerate(papers) if paper.status != "used"] == [25]
    assert (papers[25].reason, papers[25].place) == (DAMAGED_ROW, "a.jsonl, line 26")


def test_a_column_may_be_absent_from_the_first_rows(tmp_path: Path) -> None:
    late = ROWS_PER_ENTRY + 2
    rows = [row(n) for n in range(late + 3)]
    for one in rows[:late]:
        del one["abstract"]
    path = write_json_lines(tmp_path / "a.jsonl", rows)
    for columns in ({}, {"abstract": "abstract"}):
        papers = list(source(path, **columns).read(0, 99))
        assert {paper.status for paper in papers} == {"used"}
        assert [bool(paper.abstract) for paper in papers] == [False] * late + [True] * 3


def test_a_missing_part_is_no_reason_where_the_other_is_there(tmp_path: Path) -> None:
    rows = [row(0), row(1, section_names=["Introduction", None, "Methods"]), row(2)]
    del rows[0]["section_names"], rows[2]["abstract"]
    papers = list(source(write_json_lines(tmp_path / "a.jsonl", rows)).read(0, 9))
    assert {paper.status for paper in papers} == {"used"}
    assert papers[1].section_names == ["Introduction", "Methods"]


def test_parts_of_nested_columns_are_found_by_their_path(tmp_path: Path) -> None:
    rows = [
        {
            "doc": {"abstract": f"Abstract {n}.", "title": ["A", "title"]},
            "body": [{"section": f"Part {part}", "text": PROSE} for part in range(2)],
            "doc.id": f"p{n}",
        }
        for n in range(3)
    ]
    columns = {
        "article": "body.text",
        "abstract": "doc.abstract",
        "section_names": "body.section",
        "title": "doc.title",
        "id": "doc.id",
    }
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    (tmp_path / "b.json").write_text(json.dumps(rows))
    for path in (write_json_lines(tmp_path / "c.jsonl", rows), tmp_path / "a.parquet"):
        (_, second, _) = source(path, **columns).read(0, 9)
        assert (second.paper_id, second.abstract) == ("p1", "Abstract 1.")
        assert (second.title, second.section_names) == ("A title", ["Part 0", "Part 1"])
        assert second.article == f"{PROSE}\n{PROSE}"
    with pytest.raises(SourceError, match=r"no column 'text\.of'"):
        list(source(tmp_path / "b.json", article="text.of").read(0, 1))


def test_text_of_a_parquet_file_that_is_not_utf_8_costs_its_own_row(tmp_path: Path) -> None:
    values = [PROSE.encode(), b"\xff\xfe" + PROSE.encode(), PROSE.encode()]
    article = pa.array(values, pa.binary()).cast(pa.string(), safe=False)
    table = pa.table({"article": article, "abstract": ["A", "B", "C"]})
    pq.write_table(table, tmp_path / "a.parquet")
    papers = list(source(tmp_path / "a.parquet").read(0, 9))
    assert [paper.reason for paper in papers] == [None, DAMAGED_ROW, None]
    assert papers[1].place == "a.parquet, row 2"
