"""What the checks of one step read: stored tables and shards, each read once.

Everything is read when a check first asks for it, through the IO manager of the graph: a check sees
what is stored, not what an asset meant to store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import dagster as dg
import pyarrow as pa

from relgen_assets.export.configs import FULL
from relgen_assets.export.examples import FullExample
from relgen_assets.export.shards import Contents, Shard, full_rows, survey
from relgen_assets.rows.asset_tables import VALIDATED_EXTRACTIONS, AssetTable
from relgen_assets.rows.models import TableRow
from resources.generation_ledger.ledger import GenerationLedger
from resources.parquet_io_manager import ParquetIOManager

RowT = TypeVar("RowT", bound=TableRow)


class BatchTables:
    """The stored tables of one batch.

    Args:
        key: Partition key of the batch.
        store: Where the tables are stored.
    """

    def __init__(self, key: str, store: ParquetIOManager) -> None:
        self.key = key
        self._store = store
        self._tables: dict[str, pa.Table] = {}
        self._rows: dict[str, list[Any]] = {}

    def table(self, which: AssetTable[Any]) -> pa.Table:
        """Return a stored table.

        Raises:
            StorageError: It has not been written, or cannot be read.
        """
        if which.asset not in self._tables:
            self._tables[which.asset] = self._store.read(which.asset, self.key)
        return self._tables[which.asset]

    def columns(self, which: AssetTable[Any], names: Iterable[str]) -> pa.Table:
        """Return columns of a stored table, without rows if it has not been written.

        Raises:
            StorageError: It cannot be read.
        """
        wanted = list(names)
        if which.asset in self._tables:
            return self._tables[which.asset].select(wanted)
        if not self._store.exists(which.asset, self.key):
            return which.schema.empty_table().select(wanted)
        return self._store.read(which.asset, self.key, wanted)

    def rows(self, which: AssetTable[RowT]) -> list[RowT]:
        """Return the rows of a stored table.

        Raises:
            StorageError: It has not been written, or cannot be read.
            pydantic.ValidationError: It does not contain such rows.
        """
        if which.asset not in self._rows:
            self._rows[which.asset] = which.rows(self.table(which))
        rows: list[RowT] = self._rows[which.asset]
        return rows


class BatchDataset(BatchTables):
    """The tables of one batch, its part of the dataset, and the ledger of its answers.

    Args:
        key: Partition key of the batch.
        store: Where the tables are stored.
        root: Folder of the dataset.
        ledger: The ledger that the answers were recorded in.
        shards: The shards of the batch, where they are known already.
    """

    def __init__(
        self,
        key: str,
        store: ParquetIOManager,
        root: str,
        ledger: GenerationLedger,
        shards: Sequence[Shard] | None = None,
    ) -> None:
        super().__init__(key, store)
        self.root = root
        self.ledger = ledger
        self._contents = None if shards is None else Contents([*shards], [])

    @property
    def is_outdated(self) -> bool:
        """Whether its shards are those of another version, so that they do not count.

        Raises:
            DatasetError: A file is not a shard of this dataset.
            StorageError: The folder cannot be listed.
        """
        return self._surveyed().outdated == [self.key]

    @property
    def shards(self) -> Sequence[Shard]:
        """The shards of the batch.

        Raises:
            DatasetError: A file is not a shard of this dataset.
            StorageError: The folder cannot be listed.
        """
        return self._surveyed().shards

    @cached_property
    def full_shards(self) -> Sequence[tuple[Shard, Sequence[FullExample]]]:
        """The shards of complete examples, each with its rows.

        Raises:
            DatasetError: A file cannot be read.
            StorageError: The folder cannot be listed.
        """
        return [(shard, full_rows([shard])) for shard in self.shards if shard.config == FULL.name]

    @property
    def full_rows(self) -> Sequence[FullExample]:
        """The complete examples of the batch, in the order of its shards.

        Raises:
            DatasetError: A file cannot be read.
            StorageError: The folder cannot be listed.
        """
        return [row for _, rows in self.full_shards for row in rows]

    def _surveyed(self) -> Contents:
        if self._contents is None:
            self._contents = survey(self.root, self.key)
        return self._contents


class WholeDataset:
    """The dataset of all batches, the tables it was made from, and what its runs recorded.

    Args:
        store: Where the tables are stored.
        root: Folder of the dataset.
        instance: The instance that recorded the runs.
    """

    def __init__(self, store: ParquetIOManager, root: str, instance: dg.DagsterInstance) -> None:
        self.store = store
        self.root = root
        self.instance = instance

    @cached_property
    def contents(self) -> Contents:
        """What the folder holds.

        Raises:
            DatasetError: A file is not a shard of this dataset.
            StorageError: The folder cannot be listed.
        """
        return survey(self.root)

    @property
    def shards(self) -> Sequence[Shard]:
        """All shards.

        Raises:
            DatasetError: A file is not a shard of this dataset.
            StorageError: The folder cannot be listed.
        """
        return self.contents.shards

    @cached_property
    def shards_by_batch(self) -> Mapping[str, Sequence[Shard]]:
        """All shards, by the batch that wrote them."""
        found: dict[str, list[Shard]] = {}
        for shard in self.shards:
            found.setdefault(shard.partition, []).append(shard)
        return found


class RecordedDataset(WholeDataset):
    """The dataset of all batches, with the ledger of its answers.

    Args:
        store: Where the tables are stored.
        root: Folder of the dataset.
        instance: The instance that recorded the runs.
        ledger: The ledger that the answers were recorded in.
    """

    def __init__(
        self,
        store: ParquetIOManager,
        root: str,
        instance: dg.DagsterInstance,
        ledger: GenerationLedger,
    ) -> None:
        super().__init__(store, root, instance)
        self._ledger = ledger

    def batches(self) -> Iterator[BatchDataset]:
        """Yield the batches of the dataset that are validated, one at a time."""
        shards = self.shards_by_batch
        validated = self.store.partitions(VALIDATED_EXTRACTIONS.asset)
        for key in sorted(shards.keys() & set(validated)):
            yield BatchDataset(key, self.store, self.root, self._ledger, shards[key])
