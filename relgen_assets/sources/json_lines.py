"""JSON lines, readable from any row through an index of byte offsets.

A survey reads the file once and notes where every `ROWS_PER_ENTRY`-th row begins. Reading a range
later takes one seek and skips fewer than `ROWS_PER_ENTRY` rows, which are not parsed. A line that
cannot be read costs its own row; only a file that begins with nothing else is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from relgen_assets.domain_errors import SourceError
from relgen_assets.sources.location import SourceFile, unreadable
from relgen_assets.sources.source_row import SourceRow

ROWS_PER_ENTRY = 64
"""Rows between two entries of the index."""

_MARK = b"\xef\xbb\xbf"


class JsonLinesTable:
    """A file with one JSON object per line; blank lines do not count."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file
        self._held: dict[str, bool] = {}
        self._first: list[str] | None = None

    def survey(self) -> dict[str, Any]:
        """Return the number of rows, with byte offset and line number of every indexed row.

        Raises:
            SourceError: The file cannot be opened.
        """
        offsets: list[int] = []
        numbers: list[int] = []
        rows = 0
        for number, offset, _ in self._lines():
            if rows % ROWS_PER_ENTRY == 0:
                offsets.append(offset)
                numbers.append(number)
            rows += 1
        return {"rows": rows, "offsets": offsets, "lines": numbers}

    def columns(self) -> list[str]:
        """Return the keys of the first rows, in order of first appearance.

        Raises:
            SourceError: None of these rows can be read: the file holds something else.
        """
        if self._first is None:
            self._first = self._first_columns()
        return self._first

    def has(self, column: str) -> bool:
        """Return whether any row has a column; rows after the first ones are read if need be."""
        if column not in self._held:
            self._held[column] = column in self.columns() or self._appears(column)
        return self._held[column]

    def rows(
        self, start: int, stop: int, columns: Sequence[str], note: dict[str, Any]
    ) -> Iterator[SourceRow]:
        """Yield a range of rows, those that cannot be read with their fault."""
        entry, skipped = divmod(start, ROWS_PER_ENTRY)
        if start >= min(stop, note["rows"]):
            return
        lines = self._lines(note["offsets"][entry], note["lines"][entry])
        for number, _, line in islice(lines, skipped, skipped + stop - start):
            place = f"{self._file.name}, line {number}"
            row = _parsed(line)
            if isinstance(row, str):
                yield SourceRow(place=place, fault=row)
            else:
                yield SourceRow({name: row[name] for name in columns if name in row}, place)

    def _first_columns(self) -> list[str]:
        keys: dict[str, None] = {}
        faults: list[tuple[int, str]] = []
        read = 0
        for number, _, line in islice(self._lines(), ROWS_PER_ENTRY):
            row = _parsed(line)
            if isinstance(row, str):
                faults.append((number, row))
            else:
                read += 1
                keys.update(dict.fromkeys(row))
        if faults and not read:
            number, fault = faults[0]
            raise SourceError(
                f"line {number} {fault}, nor is any other of the first lines.",
                where=self._file.url,
                remedy="Each line must hold one JSON object, in UTF-8; a file that holds one list "
                "or one object must have the extension `.json`.",
            )
        return list(keys)

    def _appears(self, column: str) -> bool:
        name = json.dumps(column, ensure_ascii=False).encode()
        escaped = json.dumps(column).encode()
        for _, _, line in self._lines():
            if name in line or escaped in line:
                row = _parsed(line)
                if not isinstance(row, str) and column in row:
                    return True
        return False

    def _lines(self, offset: int = 0, number: int = 1) -> Iterator[tuple[int, int, bytes]]:
        """Yield line number, byte offset and content of each line that is not blank."""
        try:
            with self._file.opened(offset) as handle:
                for line in handle:
                    if line.strip():
                        yield number, offset, line
                    number += 1
                    offset += len(line)
        except OSError as error:
            remedy = "Check that it is whole and that you may read it."
            raise unreadable(self._file, error, remedy) from error


def _parsed(line: bytes) -> dict[str, Any] | str:
    """Return the object of a line, or why there is none, to follow the number of the line."""
    try:
        row = json.loads(line.removeprefix(_MARK).decode("utf-8"))
    except UnicodeDecodeError as error:
        return f"is not UTF-8 (byte {error.start + 1} is {line[error.start]:#04x})"
    except RecursionError:
        return "is not read: its JSON is nested too deeply"
    except ValueError as error:
        return f"is not JSON: {error}"
    return row if isinstance(row, dict) else "is not a JSON object"
