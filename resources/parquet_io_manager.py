"""The IO manager of the graph: one parquet file per asset and partition, on any fsspec path.

Tables in, tables out: no pickle, no knowledge of the rows. Atomic writing belongs to `storage`,
schemas to the assets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.parquet as pq
from dagster import (
    AssetKey,
    ConfigurableIOManager,
    InputContext,
    MetadataValue,
    OutputContext,
)
from pydantic import Field

from resources import storage
from resources.errors import StorageError
from resources.parquet_bytes import MissingColumn, read_parquet
from resources.step_failures import remedy_first

SUFFIX = ".parquet"

Asset = AssetKey | Sequence[str] | str


class ParquetIOManager(ConfigurableIOManager):
    """Stores Arrow tables as `<base>/<asset>/<partition>.parquet` or `<base>/<asset>.parquet`.

    Files are written atomically. Tables without rows keep their schema. Outside Dagster use `read`,
    `write`, `remove`, `exists` and `partitions`.
    """

    base_path: str = Field(description="Folder of all tables: a local path or any fsspec URL.")

    def path_for(self, asset: Asset, partition: str | None = None) -> str:
        """Return the path of a table, with percent-encoded asset and partition names.

        Args:
            asset: Asset key, as a key, its parts, or a name.
            partition: Partition key, or `None` for an asset without partitions.
        """
        names = [*_key(asset).path, *([] if partition is None else [partition])]
        parts = [_file_name(name) for name in names]
        return storage.join(self.base_path, *parts) + SUFFIX

    def exists(self, asset: Asset, partition: str | None = None) -> bool:
        """Return whether the table has been written."""
        return storage.exists(self.path_for(asset, partition))

    def partitions(self, asset: Asset) -> list[str]:
        """Return the sorted keys of the partitions written for an asset."""
        folder = self.path_for(asset).removesuffix(SUFFIX)
        return sorted(
            unquote(name.removesuffix(SUFFIX)) for name in storage.list_files(folder, SUFFIX)
        )

    def read(
        self, asset: Asset, partition: str | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Return a stored table.

        Args:
            asset: Asset key, as a key, its parts, or a name.
            partition: Partition key, or `None` for an asset without partitions.
            columns: Only these columns; by default all.

        Raises:
            StorageError: It does not exist, cannot be read or is damaged; the message names the
                asset and partition to materialise.
        """
        path = self.path_for(asset, partition)
        if not storage.exists(path):
            raise StorageError(
                f"{_named(asset, partition)} has not been written yet.",
                where=storage.shown(path),
                remedy=f"Materialise {_named(asset, partition)} first.",
            )
        data = storage.read_bytes(path)
        try:
            return read_parquet(data, columns)
        except MissingColumn as error:
            raise StorageError(
                f"the table was stored by another version of the project: {error}.",
                where=storage.shown(path),
                remedy=f"Materialise {_named(asset, partition)} again.",
            ) from error
        except (pa.ArrowException, OSError) as error:
            raise StorageError(
                f"the parquet file is damaged: {str(error).strip().rstrip('.')}.",
                where=storage.shown(path),
                remedy=f"Materialise {_named(asset, partition)} again; nothing else is affected.",
            ) from error

    def write(self, table: pa.Table, asset: Asset, partition: str | None = None) -> int:
        """Write a table atomically, replacing an earlier one; return the file's size in bytes.

        Raises:
            StorageError: The value is not a table, or the file cannot be written; an earlier file
                is left unchanged.
        """
        path = self.path_for(asset, partition)
        if not isinstance(table, pa.Table):
            raise StorageError(
                f"{_named(asset, partition)} returned {type(table).__name__}, not pyarrow.Table.",
                where=storage.shown(path),
                remedy="Return a pyarrow.Table, or None from an asset that stores nothing here.",
            )
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
        data = sink.getvalue().to_pybytes()
        storage.write_atomic(path, data)
        return len(data)

    def remove(self, asset: Asset, partition: str | None = None) -> bool:
        """Remove a table; return whether there was one.

        Raises:
            StorageError: The file cannot be removed.
        """
        path = self.path_for(asset, partition)
        existed = storage.exists(path)
        storage.remove(path)
        return existed

    @remedy_first()
    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Write the table that an asset returned; add its path, rows and bytes as metadata."""
        partition = _partition_of(context)
        size = self.write(obj, context.asset_key, partition)
        context.add_output_metadata(
            {
                "path": MetadataValue.path(
                    storage.shown(self.path_for(context.asset_key, partition))
                ),
                "dagster/row_count": obj.num_rows,
                "bytes": size,
            }
        )

    @remedy_first()
    def load_input(self, context: InputContext) -> pa.Table:
        """Return the table of the one upstream partition that the step depends on."""
        return self.read(context.asset_key, _partition_of(context))


def _partition_of(context: InputContext | OutputContext) -> str | None:
    """Return the partition a step reads or writes; `None` for an asset without partitions."""
    if not context.has_asset_partitions:
        return None
    keys = list(context.asset_partition_keys)
    if len(keys) != 1:
        raise StorageError(
            f"{len(keys)} partitions of {context.asset_key.to_user_string()} at once, but a table "
            "belongs to one partition.",
            remedy="Run one partition at a time; to read many, depend with AssetDep and read "
            "them one by one.",
        )
    return keys[0]


def _key(asset: Asset) -> AssetKey:
    return asset if isinstance(asset, AssetKey) else AssetKey(asset)


def _file_name(name: str) -> str:
    """Return a name as one visible path component; `unquote` reverses it."""
    quoted = quote(name, safe="")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted


def _named(asset: Asset, partition: str | None) -> str:
    suffix = "" if partition is None else f", partition {partition}"
    return f"asset {_key(asset).to_user_string()}{suffix}"
