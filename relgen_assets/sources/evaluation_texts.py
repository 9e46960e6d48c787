"""The texts of evaluation sets that the user names: every text in a file, whatever its columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import fsspec
from fsspec.core import has_magic

from relgen_assets.domain_errors import SourceError
from relgen_assets.sources.compression import suffixes_of
from relgen_assets.sources.location import Location, SourceFile, unreadable
from relgen_assets.sources.remembered import Notes
from relgen_assets.sources.tables import TABLES, open_table

PLAIN_TEXT: Final = (".txt", ".md")
"""Extensions of files that are one text each."""
SETTING: Final = "dataset.evaluation_texts"
_JSON: Final = (".json", ".jsonl", ".ndjson")
_READABLE: Final = (*TABLES, *PLAIN_TEXT)
_NAMED_BY: Final = 2
"""Last parts of a path that name a file: that of an evaluation set is often just `test.jsonl`."""


@dataclass(frozen=True, slots=True)
class EvaluationFile:
    """A file of an evaluation set.

    Attributes:
        name: Its name in messages and in the card, which does not depend on where projects are.
        file: Where it lies.
    """

    name: str
    file: SourceFile


def evaluation_files(named: Sequence[str], *, state: Path) -> list[EvaluationFile]:
    """Return the files that are named, in order, each once.

    Args:
        named: Files, folders and patterns such as `sets/*.jsonl`; paths or fsspec URLs.
        state: Local folder where listings of remote folders are remembered.

    Raises:
        SourceError: Nothing is there, or it has a format that cannot be read.
    """
    found: dict[str, EvaluationFile] = {}
    for url in named:
        for file in _files(url, Notes(state / "sources")):
            found.setdefault(file.url, EvaluationFile(_name(file), file))
    return list(found.values())


def evaluation_texts(files: Sequence[EvaluationFile]) -> Iterator[tuple[str, str]]:
    """Yield the texts of evaluation sets, each with the name of its file.

    Of a table, every value counts that is text or a list of words, since the columns of such sets
    have all kinds of names.

    Raises:
        SourceError: A file cannot be read.
    """
    for one in files:
        suffix = one.file.suffix
        if suffix in PLAIN_TEXT:
            yield one.name, _whole(one.file)
            continue
        values = _json_values(one.file) if suffix in _JSON else _rows(one.file)
        for value in values:
            for text in _texts(value):
                yield one.name, text


def content_of(named: Sequence[str]) -> list[str]:
    """Return what changes with the files that are named: their names, of local ones their bytes.

    What cannot be read counts by its name alone, as remote files do.
    """
    local = [url for url in named if "://" not in url]
    try:
        files = [Path(one.file.path) for one in evaluation_files(local, state=Path())]
        digests = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
    except (SourceError, OSError):  # said when the texts are needed
        digests = []
    return [*(PurePosixPath(url).name for url in named), *digests]


def _files(url: str, notes: Notes) -> list[SourceFile]:
    if not has_magic(url) or Path(url).exists():  # a folder may have brackets in its name
        return Location(url, notes, _READABLE, setting=SETTING).files()
    try:
        filesystem, pattern = fsspec.core.url_to_fs(url)
        paths = sorted(filesystem.glob(pattern))
    except (ValueError, ImportError, OSError) as error:
        raise SourceError(
            f"the pattern cannot be searched for: {error}.",
            where=url,
            remedy=f"Correct it in {SETTING}.",
        ) from error
    readable = [path for path in paths if suffixes_of(path)[0] in _READABLE]
    if not readable:
        raise SourceError(
            "no file that can be read goes with the pattern.",
            where=url,
            remedy=f"Correct it in {SETTING}; files with these extensions are read:"
            f" {', '.join(_READABLE)}.",
        )
    return [SourceFile(filesystem, path, path) for path in readable]


def _name(file: SourceFile) -> str:
    """Return the last parts of a path, below the project if it is there."""
    path = Path(file.path)
    below = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return "/".join(below.parts[-_NAMED_BY:])


def _whole(file: SourceFile) -> str:
    try:
        with file.opened() as handle:
            text: str = handle.read().decode("utf-8-sig", "replace")
    except OSError as error:
        raise unreadable(file, error, "Check that it exists and may be read.") from error
    return text


def _json_values(file: SourceFile) -> Iterator[object]:
    """Yield the values of a JSON file: one of any shape, or one a line."""
    whole = _whole(file)
    try:
        yield json.loads(whole)
        return
    except ValueError:
        lines = whole.splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            value = json.loads(line) if line.strip() else None
        except ValueError as error:
            raise SourceError(
                f"line {number} is not JSON: {error}.",
                where=file.url,
                remedy="Correct or remove the line, or the file.",
            ) from error
        yield value


def _rows(file: SourceFile) -> Iterator[Mapping[str, object]]:
    table = open_table(file)
    note = table.survey()
    for row in table.rows(0, note["rows"], table.columns(), note):
        if row.fault is not None:
            raise SourceError(
                f"{row.place} {row.fault}.",
                where=file.url,
                remedy="Correct or remove the row, or the file.",
            )
        yield row.values


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        if value and all(isinstance(one, str) for one in value):
            yield " ".join(value)  # a sentence as a list of words
        else:
            for one in value:
                yield from _texts(one)
