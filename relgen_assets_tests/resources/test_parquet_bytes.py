"""Parquet from memory: what was written comes back, and no thread of a pool has seen it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from resources.parquet_bytes import read_parquet

TABLE = pa.table(
    {"id": ["a", "b"], "names": [["x", "y"], []], "n": [1, None]},
    schema=pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("names", pa.list_(pa.string())),
            pa.field("n", pa.int32()),
        ],
        metadata={"origin": "test"},
    ),
)

COUNT_THREADS = """
import os
import pyarrow as pa
from relgen_assets_tests.resources.test_parquet_bytes import TABLE, stored
from resources.parquet_bytes import read_parquet

def threads():
    return len(os.listdir("/proc/self/task"))

data = stored(TABLE)
before = threads()
assert read_parquet(data) == TABLE
assert read_parquet(data, ["n"]).num_rows == 2
assert threads() == before, f"{threads() - before} threads were started"
"""


def stored(table: pa.Table) -> bytes:
    """Return the table as a parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, write_page_checksum=True)
    return bytes(sink.getvalue().to_pybytes())


def test_a_table_comes_back_as_it_was() -> None:
    read = read_parquet(stored(TABLE))
    assert read == TABLE
    assert read.schema.equals(pq.read_table(pa.BufferReader(stored(TABLE))).schema, True)


def test_only_the_columns_asked_for_come_back_in_the_order_asked_for() -> None:
    assert read_parquet(stored(TABLE), ["n", "id"]) == TABLE.select(["n", "id"])


def test_a_missing_column_is_an_error_that_names_it() -> None:
    with pytest.raises(pa.ArrowException, match="no column strength"):
        read_parquet(stored(TABLE), ["id", "strength"])


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: b"no parquet"])
def test_a_damaged_file_is_an_error(damage: object) -> None:
    assert callable(damage)
    with pytest.raises((pa.ArrowException, OSError)):
        read_parquet(damage(stored(TABLE)))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_reading_starts_no_thread_that_could_abort_a_process_that_ends() -> None:
    subprocess.run([sys.executable, "-c", COUNT_THREADS], check=True)
