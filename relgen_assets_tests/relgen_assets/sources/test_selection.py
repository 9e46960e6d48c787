"""Compressed files, links, patterns, and what of a folder is not read."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from relgen_assets.domain_errors import SourceError
from relgen_assets.settings import Columns, FilesSource
from relgen_assets.sources import ArticleSource, open_source
from relgen_assets.sources.json_lines import ROWS_PER_ENTRY
from relgen_assets_tests.relgen_assets.sources.articles import row, write_json_lines

ROWS = [row(number) for number in range(2 * ROWS_PER_ENTRY)]
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: pa.compress(content, codec="zstd", asbytes=True),
}


def source(path: Path, state: Path, **changes: Any) -> ArticleSource:
    settings = FilesSource(kind="files", path=str(path), columns=Columns(id="id"), **changes)
    return open_source(settings, state=state)


def ids(articles: ArticleSource) -> list[str]:
    return [paper.paper_id for paper in articles.read(0, 1_000)]


def left_out(articles: ArticleSource) -> dict[str, str]:
    said = (line.split(": left out, since ") for line in articles.remarks())
    return {Path(path).name: reason for path, reason in said}


@pytest.mark.parametrize("suffix", PACKERS)
def test_compressed_files_are_read_from_any_row(suffix: str, tmp_path: Path) -> None:
    plain = write_json_lines(tmp_path / "a.jsonl", ROWS).read_bytes()
    (tmp_path / "a.jsonl").unlink()
    halves = plain.index(b"\n", len(plain) // 2) + 1  # two streams, one behind the other
    packed = PACKERS[suffix](plain[:halves]) + PACKERS[suffix](plain[halves:])
    (tmp_path / f"a.jsonl{suffix}").write_bytes(packed)
    articles = source(tmp_path, tmp_path / "state")
    assert articles.count() == len(ROWS)
    papers = list(articles.read(100, 103))
    assert [paper.paper_id for paper in papers] == ["paper-100", "paper-101", "paper-102"]
    assert papers[0].place == f"a.jsonl{suffix}, line 101"


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_compressed_file_that_ends_early_is_one_error(suffix: str, tmp_path: Path) -> None:
    plain = write_json_lines(tmp_path / "b.jsonl", ROWS).read_bytes()
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(PACKERS[suffix](plain)[:-20])
    with pytest.raises(SourceError, match=rf"a\.jsonl{suffix}: the file cannot be read"):
        source(path, tmp_path / "state").count()


def test_what_is_not_read_is_listed_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    write_json_lines(folder / "a.jsonl", ROWS[:3])
    for name in ("README.md", ".hidden.jsonl", "b.csv.gz.part", "c.parquet.gz", "d.txt.gz"):
        (folder / name).write_text("not articles")
    said = left_out(source(folder, tmp_path / "state"))
    assert set(said) == {"README.md", ".hidden.jsonl", "b.csv.gz.part", "c.parquet.gz", "d.txt.gz"}
    assert said["README.md"] == "files with the extension '.md' are not read"


def test_linked_folders_are_read_once(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "papers", tmp_path / "elsewhere"
    (folder / "more").mkdir(parents=True)
    elsewhere.mkdir()
    write_json_lines(folder / "more" / "a.jsonl", ROWS[:3])
    write_json_lines(elsewhere / "b.jsonl", ROWS[3:5])
    for name, target in {
        "2024": elsewhere,
        "2025": elsewhere,
        "again": folder / "more",
        "loop": folder,
        "up": tmp_path,
        "a.jsonl": folder / "more" / "a.jsonl",
    }.items():
        (folder / name).symlink_to(target)
    articles = source(folder, tmp_path / "state")
    assert sorted(ids(articles)) == sorted(row["id"] for row in ROWS[:5])
    assert set(left_out(articles)) == {"2025", "again", "loop", "up", "a.jsonl"}


def test_patterns_say_which_files_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    (folder / "2024" / "may").mkdir(parents=True)
    for number, name in enumerate(["a.jsonl", "2024/b.jsonl", "2024/may/c.jsonl", "old.jsonl"]):
        write_json_lines(folder / name, [ROWS[number]])

    def read(**changes: Any) -> list[str]:
        return ids(source(folder, tmp_path / "state", **changes))

    assert read(include=["2024/**/*.jsonl"]) == ["paper-1", "paper-2"]
    assert read(exclude=["old*"]) == ["paper-1", "paper-2", "paper-0"]
    assert read(include=["*.jsonl"], exclude=["2024/**"]) == ["paper-0", "paper-3"]
    with pytest.raises(SourceError, match=r"4 are left out.*source\.include"):
        read(include=["*.csv"])
