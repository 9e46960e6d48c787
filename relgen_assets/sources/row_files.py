"""The rows of a file or folder as one sequence, with remembered counts.

Files are read in order of their names. The rows of each file are counted once; the count is
remembered in the state folder until the file changes. The meaning of a row does not belong here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from relgen_assets.domain_errors import SourceError
from relgen_assets.sources.delimited_form import Wanted
from relgen_assets.sources.location import Location, SourceFile, unreadable
from relgen_assets.sources.remembered import Notes
from relgen_assets.sources.selection import EVERYTHING, Selection
from relgen_assets.sources.source_row import SourceRow, root_of
from relgen_assets.sources.tables import DELIMITED, TABLES, Table, open_table


@dataclass(frozen=True, slots=True)
class Column:
    """A column to read.

    Attributes:
        setting: The setting that gives its name.
        required: Whether a file without it is an error.
    """

    name: str
    setting: str
    required: bool = True


class RowFiles:
    """The rows of all files at a location.

    Args:
        url: File or folder, local or on any fsspec filesystem.
        columns: Columns to read.
        state: Local folder where counts are remembered.
        first: Expose only the first rows, at most this many; all of them if None.
        selection: Which files of a folder are read.
        form: What the settings say of the form of CSV and TSV files.
    """

    def __init__(
        self,
        url: str,
        columns: Sequence[Column],
        *,
        state: Path,
        first: int | None = None,
        selection: Selection = EVERYTHING,
        form: Wanted | None = None,
    ) -> None:
        self._url = url
        self._columns = columns
        self._notes = Notes(state / "sources")
        self._location = Location(url, self._notes, TABLES, selection=selection)
        self._form = form or Wanted()
        self._first = first
        self._opened: tuple[tuple[str, dict[str, str]], Table] | None = None

    def count(self) -> int:
        """Return the number of rows.

        A remembered count is reused. Local files are checked for changes first; remote files only
        by `rows`, so that counting needs no network.

        Raises:
            SourceError: There are no files, they hold no rows, or a file cannot be read.
        """
        rows = sum(self._remembered(file)["rows"] for file in self._location.remembered_files())
        if not rows:
            raise SourceError(
                "the source is empty: it has no rows.",
                where=self._url,
                remedy="Set source.path to a file or folder that holds articles.",
            )
        return int(rows) if self._first is None else min(int(rows), self._first)

    def version(self, *, anew: bool = False) -> str:
        """Return what changes when a file is added, removed or written.

        Args:
            anew: Look at remote files, too; otherwise they are as they were last seen.

        Raises:
            SourceError: There are no files, or one cannot be read.
        """
        if anew:
            notes = [(file.url, self._current(file)) for file in self._location.files()]
        else:
            remembered = self._location.remembered_files()
            notes = [(file.url, self._remembered(file)) for file in remembered]
        told = [(PurePosixPath(url).name, note["fingerprint"]) for url, note in notes]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    def remarks(self) -> list[str]:
        """Return what was found out about the files, and which are left out, with the reasons.

        Raises:
            SourceError: There are no files, or one cannot be read.
        """
        forms = [(file.url, self._current(file).get("form")) for file in self._location.files()]
        return [f"{url}: {form}" for url, form in forms if form] + [
            f"{one.path}: left out, since {one.reason}" for one in self._location.left_out()
        ]

    def rows(self, start: int, stop: int) -> Iterator[SourceRow]:
        """Yield the rows from `start` to before `stop`; fewer at the end.

        Raises:
            SourceError: A file cannot be read or lacks a required column.
        """
        stop = stop if self._first is None else min(stop, self._first)
        begin = 0
        for file in self._location.files():
            if begin >= stop:
                return
            note = self._current(file)
            end = begin + note["rows"]
            if end > start:
                table = self._open(file, note["fingerprint"])
                self._require_columns(file, table)
                named = [column.name for column in self._columns]
                names = list(dict.fromkeys([*named, *map(root_of, named)]))
                yield from table.rows(max(0, start - begin), min(stop, end) - begin, names, note)
            begin = end

    def _remembered(self, file: SourceFile) -> dict[str, Any]:
        note = None if self._location.is_local else self._notes.get(file.url)
        return note or self._current(file)

    def _current(self, file: SourceFile) -> dict[str, Any]:
        """Return the note about a file as it is now, surveying it when it is new or changed."""
        try:
            fingerprint = {**file.fingerprint(), **self._form_of(file)}
        except OSError as error:
            raise unreadable(file, error, "Check that it exists and may be read.") from error
        note = self._notes.get(file.url)
        if note is None or note["fingerprint"] != fingerprint:
            note = {**self._open(file, fingerprint).survey(), "fingerprint": fingerprint}
            self._notes.put(file.url, note)
        return note

    def _open(self, file: SourceFile, fingerprint: dict[str, str]) -> Table:
        """Return the table of a file; the last one is reused if the file is the same, unchanged."""
        key = (file.url, fingerprint)
        if self._opened is None or self._opened[0] != key:
            self._opened = (key, open_table(file, self._form))
        return self._opened[1]

    def _form_of(self, file: SourceFile) -> dict[str, str]:
        """Return what the settings say of its form; with another form it has other rows."""
        return {"form": repr(self._form)} if file.suffix in DELIMITED else {}

    def _require_columns(self, file: SourceFile, table: Table) -> None:
        missing = [
            column
            for column in self._columns
            if column.required and not any(map(table.has, {column.name, root_of(column.name)}))
        ]
        if missing:
            present = table.columns()
            names = " and ".join(f"{column.name!r}" for column in missing)
            settings = " and ".join(f"source.columns.{column.setting}" for column in missing)
            raise SourceError(
                f"the file has no column {names}; its columns are "
                f"{', '.join(map(repr, present)) or 'none'}.",
                where=file.url,
                remedy=f"Set {settings} to the right column.",
            )
