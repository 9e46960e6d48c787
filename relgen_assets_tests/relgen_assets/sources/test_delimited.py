"""CSV and TSV: right, or one error that names file, line and remedy; never a row of another."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.domain_errors import SourceError
from relgen_assets.settings import Columns, FilesSource
from relgen_assets.sources import ArticleSource, open_source
from relgen_assets.sources.cleaning import DAMAGED_ROW
from relgen_assets.sources.delimited_form import Form, Misshapen, quoted_or_not, rows_of
from relgen_assets_tests.relgen_assets.sources.articles import PROSE

HEADER = ("id", "article", "abstract", "section_names")


def source(path: Path, **changes: Any) -> ArticleSource:
    settings = FilesSource(kind="files", path=str(path), columns=Columns(id="id"), **changes)
    return open_source(settings, state=path.parent / "state")


def written(folder: Path, text: str, name: str = "a.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def table(*rows: tuple[str, ...], between: str = ",") -> str:
    return "".join(between.join(row) + "\n" for row in (HEADER, *rows))


def refusal(path: Path, **changes: Any) -> str:
    with pytest.raises(SourceError) as caught:
        source(path, **changes).count()
    assert caught.value.remedy
    return str(caught.value)


@pytest.mark.parametrize("cells", [3, 5])
def test_a_row_with_more_or_fewer_cells_than_the_header_is_named(
    cells: int, tmp_path: Path
) -> None:
    good = ("p0", f'"{PROSE}"', "An abstract", "Introduction")
    text = refusal(written(tmp_path, table(good, tuple("abcdef"[:cells]))))
    assert text.startswith(f"{tmp_path}/a.csv: line 4 has {cells} cells, the header 4.")
    assert "source.table.separator" in text


def test_stray_quotes_in_a_tsv_merge_no_rows(tmp_path: Path) -> None:
    body = PROSE.strip()
    rows = [
        (f"p{n}", f'"Words {n}. {body}' if n % 2 == 0 else f'{body} the end."', "Text", "One")
        for n in range(6)
    ]
    papers = list(source(written(tmp_path, table(*rows, between="\t"), "a.tsv")).read(0, 9))
    assert [paper.paper_id for paper in papers] == [f"p{n}" for n in range(6)]
    assert papers[2].article == f'"Words 2. {body}'


def test_a_merged_row_in_a_tsv_with_quoted_cells_is_refused(tmp_path: Path) -> None:
    rows = [("p0", '"Open', "Text", "One"), ("p1", 'Shut"', "Text", "One")]
    quoted = ("p2", '"two\nlines"', "Text", "One")
    text = refusal(written(tmp_path, table(*rows, quoted, between="\t"), "a.tsv"))
    assert "line 2 has a quote that ends on a later line" in text


def test_a_csv_that_can_be_read_in_two_ways_is_refused_until_a_setting_says_which(
    tmp_path: Path,
) -> None:
    rows = [("p0", f'"{PROSE.strip().replace(",", "")}', "A", "One"), ("p1", 'b"', "B", "Two")]
    path = written(tmp_path, table(*rows))
    assert "line 2 can be read in two ways" in refusal(path)
    assert source(path, table={"quoting": "none"}).count() == 2
    assert source(path, table={"quoting": "double"}).count() == 1


@pytest.mark.parametrize("between", [",", ";", "\t", "|"])
def test_the_separator_is_found_and_said(between: str, tmp_path: Path) -> None:
    row = ("p0", f'"{PROSE}"', "An abstract", "Introduction")
    articles = source(written(tmp_path, table(row, between=between)))
    (paper,) = articles.read(0, 9)
    assert (paper.article, paper.section_names) == (PROSE, ["Introduction"])
    (said,) = articles.remarks()
    assert "between cells, quotes around cells, utf-8" in said


def test_a_spreadsheet_may_name_its_separator_in_a_first_line(tmp_path: Path) -> None:
    row = ("p0", f'"{PROSE}"', "A, b", "One")
    path = written(tmp_path, "sep=;\r\n" + table(row, between=";"))
    (paper,) = source(path).read(0, 9)
    assert (paper.abstract, paper.place) == ("A, b", "a.csv, line 3")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str, tmp_path: Path) -> None:
    row = ("p0", f'"{PROSE}"', "Überblick", "One")
    (paper,) = source(written(tmp_path, table(row), encoding=encoding)).read(0, 9)
    assert (paper.paper_id, paper.abstract) == ("p0", "Überblick")


def test_another_encoding_is_an_error_until_it_is_set(tmp_path: Path) -> None:
    row = ("p0", f'"{PROSE}"', "Überblick", "One")
    path = written(tmp_path, table(row), encoding="cp1252")
    assert "line 2 is not utf-8" in refusal(path)
    (paper,) = source(path, table={"encoding": "cp1252"}).read(0, 9)
    assert paper.abstract == "Überblick"


def test_a_line_that_is_not_utf_8_costs_its_own_row(tmp_path: Path) -> None:
    rows = [(f"p{n}", f'"{PROSE}"', "An abstract", "One") for n in range(12)]
    path = written(tmp_path, table(*rows))
    path.write_bytes(path.read_bytes().replace(b"p7", b"p\xff"))
    papers = list(source(path).read(0, 99))
    assert [n for n, paper in enumerate(papers) if paper.status != "used"] == [7]
    assert (papers[7].reason, papers[7].place) == (DAMAGED_ROW, "a.csv, line 16")


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    assert "line 1 names the column 'id' twice" in refusal(written(tmp_path, "id,article,id\n"))


def test_cells_may_be_longer_than_the_limit_of_the_csv_module(tmp_path: Path) -> None:
    row = ("p0", '"' + PROSE * 1_000 + '"', "A", "One")
    (paper,) = source(written(tmp_path, table(row))).read(0, 1)
    assert paper.article == PROSE * 1_000


CELL = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.just("\n"))


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1), st.sampled_from(",;\t|"))
def test_what_a_program_writes_is_read_as_it_was_or_refused(
    rows: list[tuple[str, ...]], between: str
) -> None:
    rows = [("one", "two", "three"), *rows]
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=between).writerows(rows)
    text = stream.getvalue()
    try:
        quoted = quoted_or_not(text, between)
    except Misshapen:
        return
    read = [tuple(row) for _, row in rows_of(text, Form(between, quoted))]
    assert read == rows or '"' in text
    assert [tuple(row) for _, row in rows_of(text, Form(between, True))] == rows
