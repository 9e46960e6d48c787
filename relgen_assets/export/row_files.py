"""Rows in JSON lines or CSV, written one by one to a file that takes its place when complete."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TextIO


class RowWriter(Protocol):
    """Writes rows.

    Attributes:
        rows: Number of rows written.
    """

    rows: int

    def write(self, row: dict[str, Any]) -> None:
        """Write a row."""
        ...


class JsonLines:
    """Rows as JSON, one a line."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self.rows = 0

    def write(self, row: dict[str, Any]) -> None:
        """Write a row."""
        self._out.write(json.dumps(row, ensure_ascii=False) + "\n")
        self.rows += 1


class Csv:
    """Rows as CSV below a header, nested values as JSON."""

    def __init__(self, out: TextIO, columns: Sequence[str]) -> None:
        self._writer = csv.DictWriter(out, columns, lineterminator="\n")
        self._writer.writeheader()
        self.rows = 0

    def write(self, row: dict[str, Any]) -> None:
        """Write a row."""
        self._writer.writerow({column: _cell(value) for column, value in row.items()})
        self.rows += 1


@contextmanager
def row_file(file: Path, columns: Sequence[str] | None = None) -> Iterator[RowWriter]:
    """Open a file of rows that takes the place of another when it is complete.

    Args:
        file: The file; its folder is made if it is not there.
        columns: Columns of CSV; otherwise the rows are JSON lines.

    Raises:
        OSError: It cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    try:
        # csv wants its own line ends; JSON lines have none of Windows either.
        with part.open("w", encoding="utf-8", newline="") as out:
            yield JsonLines(out) if columns is None else Csv(out, columns)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _cell(value: Any) -> Any:
    nested = isinstance(value, (list, dict))
    return json.dumps(value, ensure_ascii=False) if nested else value
