"""Parquet files: only the row groups and columns of a range are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from relgen_assets.sources.location import SourceFile, unreadable
from relgen_assets.sources.source_row import SourceRow

_BATCH = 16
"""Rows decoded at a time; articles are long."""


class ParquetTable:
    """A parquet file; see `relgen_assets.sources.tables.Table`."""

    _REMEDY = "Check that the file is whole: write it again, or remove it from source.path."

    def __init__(self, file: SourceFile) -> None:
        self._file = file

    def survey(self) -> dict[str, Any]:
        """Return the number of rows, from the file's own metadata."""
        return {"rows": self._metadata.num_rows}

    def columns(self) -> list[str]:
        """Return the names of the columns."""
        return list(self._metadata.schema.to_arrow_schema().names)

    def has(self, column: str) -> bool:
        """Return whether there is a column."""
        return column in self.columns()

    def rows(
        self,
        start: int,
        stop: int,
        columns: Sequence[str],
        note: dict[str, Any],  # noqa: ARG002  the file's own metadata locates the rows
    ) -> Iterator[SourceRow]:
        """Yield a range of rows, a few at a time."""
        groups, first = self._groups(start, stop)
        wanted = [name for name in self.columns() if name in columns]
        try:
            with self._file.filesystem.open(self._file.path, "rb") as handle:
                batches = pq.ParquetFile(handle).iter_batches(
                    batch_size=_BATCH, row_groups=groups, columns=wanted, use_threads=False
                )
                rows = (row for batch in _from_row(batches, start - first) for row in batch)
                for number, row in enumerate(islice(rows, stop - start), start=start + 1):
                    yield self._row(row, number)
        except (pa.ArrowException, OSError) as error:
            raise unreadable(self._file, error, self._REMEDY) from error

    def _row(self, values: dict[str, Any] | None, number: int) -> SourceRow:
        place = f"{self._file.name}, row {number}"
        if values is None:
            return SourceRow(place=place, fault="has text that is not UTF-8")
        return SourceRow(values, place)

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


def _from_row(batches: Iterator[Any], skip: int) -> Iterator[list[dict[str, Any] | None]]:
    """Yield the rows of record batches, `None` for one that cannot be read.

    The first `skip` are not decoded.
    """
    for batch in batches:
        yield _decoded(batch.slice(min(skip, len(batch))))
        skip = max(0, skip - len(batch))


def _decoded(batch: Any) -> list[dict[str, Any] | None]:
    try:
        return list(batch.to_pylist())
    except UnicodeDecodeError:
        if len(batch) == 1:
            return [None]
        halves = batch.slice(0, len(batch) // 2), batch.slice(len(batch) // 2)
        return [row for half in halves for row in _decoded(half)]
