"""The formats of files that hold articles: one class each, chosen by the file's extension.

To add a format, write its class in a module of this package and an entry in `TABLES`. The
meaning of columns does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from relgen_assets.sources.delimited import CsvTable
from relgen_assets.sources.delimited_form import Wanted
from relgen_assets.sources.json_lines import JsonLinesTable
from relgen_assets.sources.location import SourceFile
from relgen_assets.sources.parquet_table import ParquetTable
from relgen_assets.sources.source_row import SourceRow
from relgen_assets.sources.whole_json import JsonTable


class Table(Protocol):
    """The rows of one file.

    Every method raises `SourceError`, naming the file, when it cannot be read.
    """

    def survey(self) -> dict[str, Any]:
        """Return the note to keep: the number of rows as `rows`, and what speeds up reading.

        As `form` it may hold what was found out about the form of the file, in words.
        """
        ...

    def columns(self) -> list[str]:
        """Return the names of the columns; for JSON lines, those of the first rows."""
        ...

    def has(self, column: str) -> bool:
        """Return whether any row has a column."""
        ...

    def rows(
        self, start: int, stop: int, columns: Sequence[str], note: dict[str, Any]
    ) -> Iterator[SourceRow]:
        """Yield the rows from `start` to before `stop`, with the `columns` they have.

        A row that cannot be read is one with a fault, in its place.
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
DELIMITED: Final = frozenset(suffix for suffix, table in TABLES.items() if table is CsvTable)
"""The extensions of files whose form the settings may name."""


def open_table(file: SourceFile, wanted: Wanted | None = None) -> Table:
    """Return a table that reads a file; its extension is a key of `TABLES`.

    Args:
        file: The file.
        wanted: What the settings say of the form of CSV and TSV files.
    """
    if wanted and file.suffix in DELIMITED:
        return CsvTable(file, wanted)
    return TABLES[file.suffix](file)
