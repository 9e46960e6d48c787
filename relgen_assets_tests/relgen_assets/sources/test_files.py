"""Articles in files: every format, any range, remembered counts, and errors that say what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from relgen_assets.domain_errors import SourceError
from relgen_assets.settings import Columns, FilesSource
from relgen_assets.sources import ArticleSource, open_source
from relgen_assets.sources.cleaning import DAMAGED_ROW, EMPTY_ARTICLE, NOT_A_STRING
from relgen_assets.sources.json_lines import ROWS_PER_ENTRY, JsonLinesTable
from relgen_assets.sources.location import SourceFile
from relgen_assets.sources.tables import TABLES
from relgen_assets_tests.relgen_assets.sources.articles import row, write_json_lines

ROWS = [row(number) for number in range(2 * ROWS_PER_ENTRY + 10)]
FORMATS = [suffix.removeprefix(".") for suffix in TABLES]


def source(
    path: Path | str, state: Path, *, articles: int | None = None, **columns: Any
) -> ArticleSource:
    settings = FilesSource(
        kind="files",
        path=str(path),
        columns=Columns(**{"id": "id", **columns}),
        articles=articles,
    )
    return open_source(settings, state=state)


def ids(articles: ArticleSource, start: int, stop: int) -> list[str]:
    return [paper.paper_id for paper in articles.read(start, stop)]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    frame = pd.DataFrame(rows)
    match path.suffix:
        case ".jsonl" | ".ndjson":
            write_json_lines(path, rows)
        case ".json":
            path.write_text(json.dumps(rows), encoding="utf-8")
        case ".parquet" | ".pq":
            pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=50)
        case suffix:
            frame.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    return path


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_papers(suffix: str, tmp_path: Path) -> None:
    articles = source(write(tmp_path / f"a.{suffix}", ROWS), tmp_path / "state")
    assert articles.count() == len(ROWS)
    papers = list(articles.read(0, len(ROWS)))
    assert [paper.article for paper in papers] == [row["article"] for row in ROWS]
    assert {paper.status for paper in papers} == {"used"}
    first = papers[0]
    assert (first.paper_id, first.source, first.title) == ("paper-0", "papers", "Title 0")
    assert (first.abstract, first.section_names) == ("Abstract 0.", ["Introduction", "Results"])


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("start", [0, 1, 49, ROWS_PER_ENTRY, 100, 137])
def test_any_range_can_be_read(suffix: str, start: int, tmp_path: Path) -> None:
    articles = source(write(tmp_path / f"a.{suffix}", ROWS), tmp_path / "state")
    for length in (1, 20, 60):
        assert ids(articles, start, start + length) == [
            row["id"] for row in ROWS[start : start + length]
        ]


@pytest.mark.parametrize("suffix", FORMATS)
def test_rows_beyond_the_end_are_absent(suffix: str, tmp_path: Path) -> None:
    articles = source(write(tmp_path / f"a.{suffix}", ROWS[:5]), tmp_path / "state")
    assert ids(articles, 3, 10) == ["paper-3", "paper-4"]
    assert ids(articles, 5, 10) == []
    assert ids(articles, 50, 60) == []


def test_a_folder_is_its_files_in_order_of_names(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    (folder / "more").mkdir(parents=True)
    write(folder / "b.csv", ROWS[3:6])
    write(folder / "a.jsonl", ROWS[:3])
    write(folder / "more" / "c.parquet", ROWS[6:9])
    (folder / "README.md").write_text("not articles")
    (folder / ".hidden.jsonl").write_text("not articles")
    articles = source(folder, tmp_path / "state")
    assert articles.count() == 9
    assert ids(articles, 0, 9) == [row["id"] for row in ROWS[:9]]
    assert ids(articles, 2, 7) == [row["id"] for row in ROWS[2:7]]


def test_the_number_of_articles_can_be_capped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", ROWS[:9])
    assert source(path, tmp_path / "state", articles=4).count() == 4
    assert ids(source(path, tmp_path / "state", articles=4), 2, 9) == ["paper-2", "paper-3"]
    assert source(path, tmp_path / "state", articles=40).count() == 9


def test_columns_can_have_other_names(tmp_path: Path) -> None:
    rows = [{"body": r["article"], "summary": r["abstract"], "headings": ["One"]} for r in ROWS[:2]]
    path = write_json_lines(tmp_path / "a.jsonl", rows)
    articles = source(
        path, tmp_path, article="body", abstract="summary", section_names="headings", id=None
    )
    first, second = articles.read(0, 2)
    assert (first.abstract, first.section_names, first.title) == ("Abstract 0.", ["One"], "")
    assert first.paper_id != second.paper_id


def test_lists_in_parquet_are_section_names(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [row(0, section_names=["One", "[sec:b]Two"])])
    (paper,) = source(path, tmp_path / "state").read(0, 1)
    assert paper.section_names == ["One", "Two"]


def test_rows_that_cannot_be_used_keep_their_place(tmp_path: Path) -> None:
    rows = [row(0), row(1, article=None), row(2, article=5), row(3)]
    del rows[3]["abstract"]
    path = write_json_lines(tmp_path / "a.jsonl", rows)
    papers = list(source(path, tmp_path / "state").read(0, 4))
    assert [paper.reason for paper in papers] == [None, EMPTY_ARTICLE, NOT_A_STRING, None]
    assert [paper.paper_id for paper in papers] == [f"paper-{number}" for number in range(4)]


def test_a_byte_order_mark_and_blank_lines_are_not_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [json.dumps(r) for r in ROWS[:3]]
    path.write_bytes(b"\xef\xbb\xbf" + "\n\n  \n".join(lines).encode())
    articles = source(path, tmp_path / "state")
    assert articles.count() == 3
    assert ids(articles, 0, 3) == ["paper-0", "paper-1", "paper-2"]


def test_cells_of_csv_are_text_as_written(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [row(0, id="007", title="NA", abstract='Said "no",\nthen')])
    (paper,) = source(path, tmp_path / "state").read(0, 1)
    assert (paper.paper_id, paper.title, paper.abstract) == ("007", "NA", 'Said "no", then')


# What is remembered


def test_a_change_of_a_file_is_seen(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", ROWS[:3])
    articles = source(path, tmp_path / "state")
    assert articles.count() == 3
    write(path, ROWS[5:11])
    assert articles.count() == 6
    assert source(path, tmp_path / "state").count() == 6
    assert ids(articles, 0, 2) == ["paper-5", "paper-6"]


def test_a_second_process_reuses_the_counts_of_the_first(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", ROWS)
    assert source(path, tmp_path / "state").count() == len(ROWS)
    (note,) = (tmp_path / "state" / "sources").iterdir()
    note.write_text(json.dumps({**json.loads(note.read_text()), "rows": 12_345}))
    assert source(path, tmp_path / "state").count() == 12_345


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"version": 0}'])
def test_damaged_notes_are_rewritten(damage: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", ROWS[:3])
    source(path, tmp_path / "state").count()
    (note,) = (tmp_path / "state" / "sources").iterdir()
    note.write_text(damage)
    assert source(path, tmp_path / "state").count() == 3
    assert [entry.name for entry in (tmp_path / "state" / "sources").iterdir()] == [note.name]


class CountingFilesystem:
    """A local filesystem that counts the bytes of the lines read from it."""

    def __init__(self) -> None:
        self.read = 0

    def open(self, path: str, mode: str) -> CountingFilesystem:
        self._handle = Path(path).open(mode)  # noqa: SIM115
        return self

    def __enter__(self) -> CountingFilesystem:
        return self

    def __exit__(self, *error: object) -> None:
        self._handle.close()

    def seek(self, offset: int) -> None:
        self._handle.seek(offset)

    def __iter__(self) -> Iterator[bytes]:
        for line in self._handle:
            self.read += len(line)
            yield line


def test_a_late_range_of_json_lines_does_not_read_what_is_before_it(tmp_path: Path) -> None:
    rows = [row(number) for number in range(20 * ROWS_PER_ENTRY)]
    path = write_json_lines(tmp_path / "a.jsonl", rows)
    filesystem = CountingFilesystem()
    table = JsonLinesTable(SourceFile(filesystem, str(path), str(path)))
    note = table.survey()
    assert filesystem.read == path.stat().st_size
    filesystem.read = 0
    late = list(table.rows(len(rows) - 5, len(rows), ["id"], note))
    assert [one.values for one in late] == [{"id": row["id"]} for row in rows[-5:]]
    assert late[-1].place == f"a.jsonl, line {len(rows)}"
    assert filesystem.read <= path.stat().st_size / 20 * 1.1


def test_remote_counts_are_remembered_without_touching_the_network(tmp_path: Path) -> None:
    remote = fsspec.filesystem("memory")
    url = f"memory://{tmp_path.name}/papers"
    for name, rows in [("a.jsonl", ROWS[:70]), ("b.parquet", ROWS[70:100])]:
        remote.pipe(f"{url}/{name}", write(tmp_path / name, rows).read_bytes())
    assert source(url, tmp_path / "state").count() == 100
    assert ids(source(url, tmp_path / "state"), 68, 72) == [r["id"] for r in ROWS[68:72]]

    remote.rm(url, recursive=True)
    articles = source(url, tmp_path / "state")
    assert articles.count() == 100
    with pytest.raises(SourceError, match="no such file or folder"):
        ids(articles, 0, 1)


def test_a_changed_remote_file_is_seen_when_it_is_read(tmp_path: Path) -> None:
    remote = fsspec.filesystem("memory")
    url = f"memory://{tmp_path.name}/a.jsonl"
    remote.pipe(url, write(tmp_path / "a.jsonl", ROWS[:3]).read_bytes())
    articles = source(url, tmp_path / "state")
    assert articles.count() == 3
    remote.pipe(url, write(tmp_path / "a.jsonl", ROWS[:7]).read_bytes())
    assert articles.count() == 3
    assert len(ids(articles, 0, 9)) == 7
    assert articles.count() == 7


# Errors


def error(path: Path | str, tmp_path: Path, **columns: Any) -> str:
    with pytest.raises(SourceError) as caught:
        articles = source(path, tmp_path / "state", **columns)
        articles.count()
        list(articles.read(0, 10))
    assert caught.value.where
    assert caught.value.remedy
    return str(caught.value)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_missing_column_is_named_with_those_present(suffix: str, tmp_path: Path) -> None:
    rows = [{"id": "a", "body": "x", "summary": "y"}]
    text = error(write(tmp_path / f"a.{suffix}", rows), tmp_path, abstract="abstract")
    assert f"a.{suffix}: " in text
    assert "no column 'article' and 'abstract'" in text
    assert "its columns are 'id', 'body', 'summary'" in text
    assert "Set source.columns.article and source.columns.abstract" in text


def test_a_missing_id_column_is_an_error_and_a_missing_title_is_not(tmp_path: Path) -> None:
    rows = [{k: v for k, v in row(0).items() if k not in ("id", "title")}]
    path = write_json_lines(tmp_path / "a.jsonl", rows)
    assert "source.columns.id" in error(path, tmp_path)
    (paper,) = source(path, tmp_path / "state", id=None).read(0, 1)
    assert (paper.title, paper.status) == ("", "used")


@pytest.mark.parametrize("line", ["{broken", "[1, 2]", '{"article": "\xff"}', "[" * 100_000])
def test_a_corrupt_line_costs_its_own_row_and_is_named(line: str, tmp_path: Path) -> None:
    path = write_json_lines(tmp_path / "a.jsonl", ROWS[:2])
    with path.open("ab") as file:
        file.write(b"\n" + line.encode("latin-1") + b"\n")
        file.write(json.dumps(ROWS[2]).encode())
    papers = list(source(path, tmp_path / "state").read(0, 9))
    assert [paper.status for paper in papers] == ["used", "used", "unusable", "used"]
    damaged = papers[2]
    assert (damaged.reason, damaged.place) == (DAMAGED_ROW, "a.jsonl, line 4")
    assert damaged.remarks[0].startswith("row: is not")


def test_a_file_of_nothing_but_corrupt_lines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(ROWS[:2], indent=1))
    assert "a.jsonl: line 1 is not JSON" in error(path, tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.parquet", b"PAR1 this is not a parquet file PAR1", "cannot be read"),
        ("a.json", b'{"article": "x"}\n{"article": "y"}', "must have the extension `.jsonl`"),
        ("a.json", b'{"article": "x"}', "not contain a list of objects"),
        ("a.csv", b'id,article\n"a,b\n', "line 2 has a quote that does not end"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.csv", b"article,abstract\n\xff\xfe,b\n", "must be UTF-8"),
        ("a.csv", b"", "cannot be read"),
        ("a.jsonl", b"", "the source is empty"),
        ("a.jsonl", b"\n \n", "the source is empty"),
        ("a.json", b"[]", "the source is empty"),
        ("a.csv", b"article,abstract\n", "the source is empty"),
        ("a.txt", b"some text", "extension cannot be read"),
    ],
)
def test_files_without_articles_are_refused(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    text = error(path, tmp_path)
    assert name in text
    assert message in text


def test_a_parquet_file_cut_off_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", ROWS)
    path.write_bytes(path.read_bytes()[:-100])
    assert "a.parquet: the file cannot be read" in error(path, tmp_path)


def test_paths_without_articles_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "no such file or folder" in error(tmp_path / "gone.jsonl", tmp_path)
    assert "holds no files of articles" in error(tmp_path / "empty", tmp_path)
    assert "source.path" in error("nosuch://bucket/a.jsonl", tmp_path)


class NoCredentials(Exception):
    """An error of a remote filesystem's own library."""


def test_errors_of_remote_filesystems_name_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: object, path: str) -> bool:
        raise NoCredentials("unable to locate credentials")

    monkeypatch.setattr(fsspec.get_filesystem_class("memory"), "isfile", refuse)
    text = error("memory://bucket/a.jsonl", tmp_path)
    assert text.startswith("memory://bucket/a.jsonl: ")
    assert "unable to locate credentials" in text
