"""The formats of files that hold articles: one class each, chosen by the file's extension.

To add a format, write its class in a module of this package and an entry in `TABLES`. The
meaning of columns does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from relgen_assets.sources.json_lines import JsonLinesTable
from relgen_assets.sources.location import SourceFile
from relgen_assets.sources.parquet_table import ParquetTable
from relgen_assets.sources.whole_files import CsvTable, JsonTable

SourceRow = dict[str, object]


class Table(Protocol):
    """The rows of one file.

    Every method raises `SourceError`, naming the file, when it cannot be read.
    """

    def survey(self) -> dict[str, Any]:
        """Return the note to keep: the number of rows as `rows`, and what speeds up reading."""
        ...

    def columns(self) -> list[str]:
        """Return the names of the columns; for JSON lines, those of the first rows."""
        ...

    def rows(
        self, start: int, stop: int, columns: Sequence[str], note: dict[str, Any]
    ) -> Iterator[SourceRow]:
        """Yield the rows from `start` to before `stop`, with the `columns` they have.

        `note` is what `survey` returned for the file as it is now.
        """
        ...


TABLES: Final[Mapping[str, Callable[[SourceFile], Table]]] = {
    ".jsonl": JsonLinesTable,
    ".ndjson": JsonLinesTable,
    ".json": JsonTable,
    ".csv": CsvTable,
    ".tsv": CsvTable,
    ".parquet": ParquetTable,
    ".pq": ParquetTable,
}
"""The class that reads a file, by its extension; other files hold no articles."""


def open_table(file: SourceFile) -> Table:
    """Return a table that reads a file; its extension is a key of `TABLES`."""
    return TABLES[file.suffix](file)
