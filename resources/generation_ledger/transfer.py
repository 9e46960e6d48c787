"""Exports the ledger to parquet files and imports it: for backups, and to change databases.

An export is a folder with the rows of every table in files of bounded size, and a manifest that
is written last: without it, or with files that do not match it, nothing is imported.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Double, Integer, Table, select, tuple_

from resources import storage
from resources.errors import LedgerError, StorageError
from resources.generation_ledger.engine import Database
from resources.generation_ledger.lease import lease
from resources.generation_ledger.merge import merge_rows
from resources.generation_ledger.moments import now
from resources.generation_ledger.schema import LedgerTable, Packed, new_id
from resources.generation_ledger.upgrade import VERSIONS
from resources.parquet_bytes import read_parquet

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
ROWS_PER_FILE: Final = 2_000
"""Rows per file, held in memory at once: about 30 MB if a prompt has 10 kB."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """What was exported or imported.

    Attributes:
        folder: The folder of the export, without credentials.
        rows: Number of rows in the export, by table.
        new: Number of generations that an import added or changed.
    """

    folder: str
    rows: Mapping[str, int]
    new: int


def export_ledger(database: Database, folder: str) -> Transferred:
    """Write a snapshot of the whole ledger to a folder.

    An earlier export in the folder stays valid until this one is complete, and is then removed.

    Args:
        database: The open ledger.
        folder: Local path or fsspec URL.

    Raises:
        StorageError: The folder cannot be written.
    """
    # One at a time: each export removes the files that its manifest does not list.
    with lease(database, f"export/{storage.canonical(folder)}", None, None):
        tables = database.read(lambda connection: _export(connection, folder), snapshot=True)
        manifest = {
            "format": FORMAT,
            "schema_version": VERSIONS[-1],
            "exported_at": now(),
            "tables": tables,
        }
        url = storage.join(folder, MANIFEST)
        storage.write_atomic(url, json.dumps(manifest, indent=1).encode())
        _remove_all_but(folder, tables)
    rows = {name: int(table["rows"]) for name, table in tables.items()}
    return Transferred(storage.shown(folder), rows, new=0)


def import_ledger(database: Database, folder: str) -> Transferred:
    """Import an export; an empty ledger then equals the exported one.

    What the ledger already holds stays; an answer that counts is superseded only if the exported
    ledger had superseded it. An interrupted import can simply be run again.

    Args:
        database: The open ledger.
        folder: Local path or fsspec URL of an export.

    Raises:
        LedgerError: The folder does not contain a complete export, or contains one of newer code.
        StorageError: A file cannot be read.
    """
    manifest = _manifest(folder)
    rows = {name: int(table["rows"]) for name, table in manifest.items()}
    new = 0
    replaced: dict[str, str] = {}
    for table in _tables():
        files = manifest.get(table.name, {"files": []})["files"]
        found = 0
        for file in files:
            values = _from_parquet(table, storage.join(folder, file))
            new += database.write(
                partial(merge_rows, table=table.name, rows=values, replaced=replaced)
            )
            found += len(values)
        if found != rows.get(table.name, 0):
            raise LedgerError(
                f"the export has {found} rows of {table.name}, its manifest names "
                f"{rows.get(table.name, 0)}.",
                where=storage.shown(folder),
                remedy="Export again; rows imported so far are intact and stay.",
            )
    return Transferred(storage.shown(folder), rows, new)


def _tables() -> list[Table]:
    """Return all tables, referenced ones first."""
    return list(LedgerTable.metadata.sorted_tables)


def _export(connection: Connection, folder: str) -> dict[str, dict[str, Any]]:
    """Write all rows; return the files and the number of rows of every table."""
    export = new_id()
    tables: dict[str, dict[str, Any]] = {}
    for table in _tables():
        files: list[str] = []
        rows = 0
        for page in _pages(connection, table):
            files.append(f"{table.name}-{export}-{len(files):05d}.parquet")
            storage.write_atomic(storage.join(folder, files[-1]), _to_parquet(table, page))
            rows += len(page)
        tables[table.name] = {"rows": rows, "files": files}
    return tables


def _remove_all_but(folder: str, tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Remove files of earlier exports, including interrupted ones."""
    kept = {file for table in tables.values() for file in table["files"]}
    for name in storage.list_files(folder, ".parquet"):
        if name.startswith(tuple(tables)) and name not in kept:
            # A file that cannot be removed only takes space: the manifest does not list it.
            with suppress(StorageError):
                storage.remove(storage.join(folder, name))


def _pages(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """Yield all rows in primary-key order, page by page."""
    key = tuple_(*table.primary_key.columns)
    statement = select(table).order_by(*table.primary_key.columns).limit(ROWS_PER_FILE)
    after: tuple[Any, ...] | None = None
    while True:
        page = statement if after is None else statement.where(key > after)
        rows = [dict(row) for row in connection.execute(page).mappings()]
        if rows:
            yield rows
        if len(rows) < ROWS_PER_FILE:
            return
        after = tuple(rows[-1][column.name] for column in table.primary_key.columns)


def _schema(table: Table) -> pa.Schema:
    fields: list[pa.Field] = []
    for column in table.columns:
        kind = pa.string()
        if isinstance(column.type, Integer):
            kind = pa.int64()
        elif isinstance(column.type, Double):
            kind = pa.float64()
        fields.append(pa.field(column.name, kind, nullable=bool(column.nullable)))
    return pa.schema(fields)


def _packed(table: Table) -> list[str]:
    """Return the names of the columns that are JSON text in a file."""
    return [column.name for column in table.columns if isinstance(column.type, Packed)]


def _to_parquet(table: Table, rows: list[dict[str, Any]]) -> bytes:
    packed = dict.fromkeys(_packed(table), json.dumps)
    plain = [{name: packed.get(name, _same)(row[name]) for name in row} for row in rows]
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.Table.from_pylist(plain, schema=_schema(table)),
        sink,
        compression="zstd",
        write_page_checksum=True,
    )
    return bytes(sink.getvalue().to_pybytes())


def _from_parquet(table: Table, url: str) -> list[dict[str, Any]]:
    data = storage.read_bytes(url)
    try:
        rows = _with_newer_columns(read_parquet(data), _schema(table)).to_pylist()
    except (pa.ArrowException, KeyError, OSError, ValueError) as error:
        raise LedgerError(
            f"a file of the export is damaged: {error}.",
            where=storage.shown(url),
            remedy="Export again; rows imported so far are intact and stay.",
        ) from error
    packed: dict[str, Callable[[Any], Any]] = dict.fromkeys(_packed(table), _unpacked)
    return [{name: packed.get(name, _same)(row[name]) for name in row} for row in rows]


def _with_newer_columns(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows under a schema; columns that older versions did not have are null."""
    for field in schema:
        if field.nullable and field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(len(rows), field.type))
    return cast(pa.Table, rows.select(schema.names).cast(schema))


def _unpacked(value: str | None) -> Any:
    return None if value is None else json.loads(value)


def _same(value: Any) -> Any:
    return value


def _manifest(folder: str) -> dict[str, dict[str, Any]]:
    """Return the files and the number of rows, by table."""
    url = storage.join(folder, MANIFEST)
    if not storage.exists(url):
        raise LedgerError(
            "the folder does not contain a complete export: its manifest is missing.",
            where=storage.shown(folder),
            remedy="Give the folder that was passed to the export, or export again.",
        )
    try:
        manifest = json.loads(storage.read_bytes(url))
        known = manifest["format"] == FORMAT and manifest["schema_version"] in VERSIONS
        tables: dict[str, dict[str, Any]] = manifest["tables"]
    except (ValueError, KeyError, TypeError) as error:
        raise LedgerError(
            "the export's manifest cannot be read.",
            where=storage.shown(url),
            remedy="Export again.",
        ) from error
    if not known:
        raise LedgerError(
            f"the export has schema version {manifest['schema_version']}; this code knows "
            f"{VERSIONS[-1]} at most.",
            where=storage.shown(url),
            remedy="Install the newer version of this project.",
        )
    return tables
