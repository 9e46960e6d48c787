"""Ranges of rows out of one file, in each kind of file that holds articles.

JSON lines and parquet files are read from the place where a range begins, and never held whole.
JSON and CSV files have no such places: they are parsed whole, once for as long as the table lives.
Which columns mean what does not belong here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from relgen_assets.domain_errors import SourceError
from relgen_assets.sources.json_lines import JsonLinesTable
from relgen_assets.sources.location import SourceFile, unreadable

if TYPE_CHECKING:
    import pandas as pd

SourceRow = dict[str, object]

_PARQUET_BATCH = 16


class Table(Protocol):
    """The rows of one file.

    Every method raises `SourceError`, naming the file, when it cannot be read.
    """

    def survey(self) -> dict[str, Any]:
        """Return what is worth remembering: `rows`, their number, and what else helps reading."""
        ...

    def columns(self) -> list[str]:
        """Return the names of the columns; of JSON lines those that the first rows have."""
        ...

    def rows(
        self, start: int, stop: int, columns: Sequence[str], note: dict[str, Any]
    ) -> Iterator[SourceRow]:
        """Yield the rows from `start` to before `stop`, with those of `columns` that they have.

        `note` is what `survey` returned for the file as it is now.
        """
        ...


def open_table(file: SourceFile) -> Table:
    """Return a table that reads a file by its ending."""
    if file.suffix in (".jsonl", ".ndjson"):
        return JsonLinesTable(file)
    if file.suffix in (".parquet", ".pq"):
        return ParquetTable(file)
    return JsonTable(file) if file.suffix == ".json" else CsvTable(file)


class ParquetTable:
    """A parquet file: only the row groups and columns of a range are read."""

    _REMEDY = "Check that the file is whole: write it again, or take it out of source.path."

    def __init__(self, file: SourceFile) -> None:
        self._file = file

    def survey(self) -> dict[str, Any]:
        """Return the number of rows, from the file's own metadata."""
        return {"rows": self._metadata.num_rows}

    def columns(self) -> list[str]:
        """Return the names of the columns."""
        return list(self._metadata.schema.to_arrow_schema().names)

    def rows(
        self,
        start: int,
        stop: int,
        columns: Sequence[str],
        note: dict[str, Any],  # noqa: ARG002  the file's own metadata says where rows are
    ) -> Iterator[SourceRow]:
        """Yield a range of rows, a few at a time."""
        groups, first = self._groups(start, stop)
        wanted = [name for name in self.columns() if name in columns]
        try:
            with self._file.filesystem.open(self._file.path, "rb") as handle:
                batches = pq.ParquetFile(handle).iter_batches(
                    batch_size=_PARQUET_BATCH, row_groups=groups, columns=wanted
                )
                rows = (row for batch in _from_row(batches, start - first) for row in batch)
                yield from islice(rows, stop - start)
        except (pa.ArrowException, OSError) as error:
            raise unreadable(self._file, error, self._REMEDY) from error

    @cached_property
    def _metadata(self) -> Any:
        try:
            with self._file.filesystem.open(self._file.path, "rb") as handle:
                return pq.ParquetFile(handle).metadata
        except (pa.ArrowException, OSError) as error:
            raise unreadable(self._file, error, self._REMEDY) from error

    def _groups(self, start: int, stop: int) -> tuple[list[int], int]:
        """Return the row groups that hold a range, and the first row of the first of them."""
        groups: list[int] = []
        first = begin = 0
        for group in range(self._metadata.num_row_groups):
            end = begin + self._metadata.row_group(group).num_rows
            if begin < stop and end > start:
                first = first if groups else begin
                groups.append(group)
            begin = end
        return groups, first


def _from_row(batches: Iterator[Any], skip: int) -> Iterator[list[SourceRow]]:
    """Yield the rows of record batches without the first `skip`, which stay in Arrow's form."""
    for batch in batches:
        yield batch.slice(min(skip, len(batch))).to_pylist()
        skip = max(0, skip - len(batch))


class JsonTable:
    """A JSON file that holds one list of objects."""

    _REMEDY = (
        "The file must hold one list of objects, one object an article; a file with one object "
        "a line must be called `.jsonl`."
    )

    def __init__(self, file: SourceFile) -> None:
        self._file = file

    def survey(self) -> dict[str, Any]:
        """Return the number of objects."""
        return {"rows": len(self._objects)}

    def columns(self) -> list[str]:
        """Return the keys that any object has, in order of their first appearance."""
        return list(dict.fromkeys(key for row in self._objects for key in row))

    def rows(
        self,
        start: int,
        stop: int,
        columns: Sequence[str],
        note: dict[str, Any],  # noqa: ARG002  the file is held whole
    ) -> Iterator[SourceRow]:
        """Yield a range of the objects."""
        for row in self._objects[start:stop]:
            yield {name: row[name] for name in columns if name in row}

    @cached_property
    def _objects(self) -> list[SourceRow]:
        try:
            with self._file.filesystem.open(self._file.path, "rb") as handle:
                value = json.loads(handle.read().decode("utf-8-sig"))
        except (ValueError, OSError) as error:
            raise unreadable(self._file, error, self._REMEDY) from error
        if isinstance(value, list) and all(isinstance(row, dict) for row in value):
            return value
        raise SourceError(
            "the file does not hold a list of objects.", where=self._file.url, remedy=self._REMEDY
        )


class CsvTable:
    """A CSV file, or a TSV file, with a header line; every value is text."""

    _REMEDY = "The file must be UTF-8, with a header line and as many values in every row."

    def __init__(self, file: SourceFile) -> None:
        self._file = file

    def survey(self) -> dict[str, Any]:
        """Return the number of rows below the header."""
        return {"rows": len(self._frame)}

    def columns(self) -> list[str]:
        """Return the names in the header."""
        return [str(name) for name in self._frame.columns]

    def rows(
        self,
        start: int,
        stop: int,
        columns: Sequence[str],
        note: dict[str, Any],  # noqa: ARG002  the file is held whole
    ) -> Iterator[SourceRow]:
        """Yield a range of the rows."""
        wanted = [name for name in self.columns() if name in columns]
        for values in self._frame[wanted].iloc[start:stop].itertuples(index=False, name=None):
            yield dict(zip(wanted, values, strict=True))

    @cached_property
    def _frame(self) -> pd.DataFrame:
        import pandas as pd  # here, because importing it takes half a second

        separator = "\t" if self._file.suffix == ".tsv" else ","
        try:
            with self._file.filesystem.open(self._file.path, "rb") as handle:
                return pd.read_csv(
                    handle,
                    sep=separator,
                    dtype=str,
                    keep_default_na=False,
                    encoding="utf-8-sig",
                    index_col=False,
                )
        except (ValueError, OSError) as error:  # pandas' own errors are ValueErrors
            raise unreadable(self._file, error, self._REMEDY) from error
