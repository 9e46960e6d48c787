"""Many small shards to few large ones: the rows of batch after batch, in files of about 100 MB.

The bytes of a file follow from its rows alone. Everything that a parquet writer may choose is fixed
here, files end only between two batches, and row groups only where their size says so. One batch
is in memory at a time, and of each file the rows of its open row group.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from relgen_assets.export.footers import ShardFacts, facts_in, footer_metadata, merged
from relgen_assets.export.shard_writing import counted_columns
from relgen_assets.export.shards import SUFFIX

SHARD_BYTES: Final = 100_000_000
"""A file that has reached this size is ended. The Hub advises files of some hundred megabytes, and
refuses more than 10,000 of them in a folder."""
ROW_GROUP_BYTES: Final = 8_000_000
"""Uncompressed size at which a row group is written."""
_COMPRESSION: Final[dict[str, Any]] = {"compression": "zstd", "compression_level": 3}


class RowFile:
    """One parquet file, written row group by row group.

    Args:
        path: The file; missing folders are made.
        schema: Its columns.

    Raises:
        OSError: The file cannot be written.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._sink = pa.OSFile(str(path), "wb")
        self._writer = pq.ParquetWriter(self._sink, schema, **_written(schema))
        self._pending: list[pa.Table] = []

    @property
    def size(self) -> int:
        """Bytes written so far, without those of the open row group."""
        return int(self._sink.tell())

    def add(self, table: pa.Table) -> None:
        """Add rows.

        Raises:
            OSError: The file cannot be written.
        """
        self._pending.append(table)
        if sum(part.nbytes for part in self._pending) >= ROW_GROUP_BYTES:
            self._write_group()

    def close(self, metadata: Mapping[bytes, bytes] | None = None) -> None:
        """End the file, with metadata in its footer.

        Raises:
            OSError: The file cannot be written.
        """
        if self._pending:
            self._write_group()
        if metadata:
            self._writer.add_key_value_metadata(metadata)
        self._writer.close()
        self._sink.close()

    def _write_group(self) -> None:
        rows = pa.concat_tables(self._pending)
        self._pending.clear()
        self._writer.write_table(rows, row_group_size=rows.num_rows)


class CompactedShards:
    """The files of one config and split.

    Args:
        folder: Where the files go.
        shard_bytes: Size at which a file is ended.

    Attributes:
        rows: Rows added so far.
    """

    def __init__(self, folder: Path, shard_bytes: int = SHARD_BYTES) -> None:
        self.rows = 0
        self._folder, self._shard_bytes = folder, shard_bytes
        self._files = 0
        self._file: RowFile | None = None
        self._facts: list[ShardFacts] = []

    def add(self, table: pa.Table) -> None:
        """Add the rows of one batch; those of `full` carry their facts as schema metadata.

        Raises:
            OSError: A file cannot be written.
        """
        if not table.num_rows:
            return
        if table.schema.metadata:
            self._facts.append(facts_in(table.schema.metadata))
        rows = table.replace_schema_metadata(None)
        if self._file is None:
            path = self._folder / f"part-{self._files:05}{SUFFIX}"
            self._file = RowFile(path, rows.schema)
            self._files += 1
        self._file.add(rows)
        self.rows += rows.num_rows
        if self._file.size >= self._shard_bytes:
            self.close()

    def close(self) -> None:
        """End the last file, if one is open.

        Raises:
            OSError: It cannot be written.
        """
        if self._file is not None:
            self._file.close(footer_metadata(merged(self._facts)) if self._facts else None)
            self._file = None
            self._facts.clear()


def _written(schema: pa.Schema) -> dict[str, Any]:
    """Return the options of the writer, all that may change the bytes."""
    return {
        **_COMPRESSION,
        "version": "2.6",
        "data_page_version": "1.0",
        "use_dictionary": True,
        "write_statistics": counted_columns(schema),
        "write_page_checksum": True,
        "store_schema": True,
    }
