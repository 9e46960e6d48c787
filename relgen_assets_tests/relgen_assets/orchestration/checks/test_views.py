"""The checks of a step see what is stored, and it is read once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import PrivateAttr

from relgen_assets.orchestration.checks.views import BatchTables
from relgen_assets.rows.asset_tables import CHUNKS, RAW_PAPERS
from relgen_assets.rows.models import Chunk
from resources.errors import StorageError
from resources.parquet_io_manager import Asset, ParquetIOManager

KEY = "papers-00000"
CHUNK = Chunk(
    chunk_id="a#0000", paper_id="a", index=0, text="text", start=0, end=4, overlap=0, tokens=1
)


class CountingStore(ParquetIOManager):
    """Real files, and how often they were read."""

    _reads: list[str] = PrivateAttr(default_factory=list)

    @property
    def reads(self) -> list[str]:
        """The assets that were read, in order."""
        return self._reads

    def read(
        self, asset: Asset, partition: str | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table:
        """Note the asset and read it."""
        self._reads.append(str(asset))
        return super().read(asset, partition, columns)


@pytest.fixture
def store(tmp_path: Path) -> CountingStore:
    store = CountingStore(base_path=str(tmp_path))
    store.write(CHUNKS.table([CHUNK]), CHUNKS.asset, KEY)
    return store


def test_table_rows_and_columns_come_from_one_reading(store: CountingStore) -> None:
    batch = BatchTables(KEY, store)
    assert batch.table(CHUNKS).num_rows == 1
    assert batch.rows(CHUNKS) == [CHUNK]
    assert batch.rows(CHUNKS) == [CHUNK]
    assert batch.columns(CHUNKS, ["chunk_id"]).to_pylist() == [{"chunk_id": "a#0000"}]
    assert store.reads == ["chunks"]


def test_columns_alone_do_not_read_the_texts(store: CountingStore) -> None:
    assert BatchTables(KEY, store).columns(CHUNKS, ["chunk_id"]).column_names == ["chunk_id"]


def test_a_table_that_was_not_written_has_no_rows_to_count(store: CountingStore) -> None:
    batch = BatchTables(KEY, store)
    assert batch.columns(RAW_PAPERS, ["status"]).num_rows == 0
    with pytest.raises(StorageError, match="has not been written yet"):
        batch.rows(RAW_PAPERS)
