"""Parquet files held in memory, read by the calling thread alone.

By default Arrow reads with a pool of threads. Such a thread may release the bytes, a Python object,
a moment after the table was returned. If the interpreter is shutting down by then, Python ends the
thread inside C++ code, and the process aborts although its work is done ("terminate called without
an active exception"). Where files are, and how they are written, belongs elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq


class MissingColumn(pa.ArrowInvalid):  # type: ignore[misc]
    """A sound file without a column that was asked for; it may be older than the column."""


def read_parquet(data: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """Return the table in a parquet file, after checking its checksums.

    Args:
        data: The whole file.
        columns: Only these columns, in this order; all when not given.

    Raises:
        MissingColumn: A column is missing.
        pa.ArrowException: It is not a parquet file, or it is damaged.
        OSError: A page does not match its checksum.
    """
    # Not `pq.read_table`, which uses its pool even with `use_threads=False`.
    with pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True) as file:
        if columns is None:
            return file.read(use_threads=False)
        missing = [name for name in columns if name not in file.schema_arrow.names]
        if missing:
            raise MissingColumn(f"it has no column {', '.join(missing)}")
        return file.read(columns=list(columns), use_threads=False).select(list(columns))
