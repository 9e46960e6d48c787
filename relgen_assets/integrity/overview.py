"""The contents of batches, counted from their stored tables, for the command line.

This module counts what the assets have written and computes nothing new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from relgen_assets.domain_errors import StorageError
from relgen_assets.export.configs import expected_rows
from relgen_assets.export.shards import Shard, has_shards
from relgen_assets.rows.asset_tables import (
    ASSET_TABLES,
    CHUNKS,
    RAW_EXTRACTIONS,
    RAW_PAPERS,
    SUMMARIES,
    VALIDATED_EXTRACTIONS,
    AssetTable,
)


class StoredTables(Protocol):
    """The tables that batches have written, by asset and batch.

    A protocol, because the Parquet store is a Dagster resource and this wing knows no Dagster.
    """

    def exists(self, asset: str, partition: str, /) -> bool:
        """Return whether the table has been written."""
        ...

    def read(
        self, asset: str, partition: str, columns: tuple[str, ...] | None = None, /
    ) -> pa.Table:
        """Return a written table, or only the named columns of it."""
        ...

    def partitions(self, asset: str, /) -> list[str]:
        """Return the batches for which the asset has been written."""
        ...


@dataclass(slots=True)
class Overview:
    """Counts over one or several batches.

    Attributes:
        unusable: Unusable articles by reason.
        chunks: Chunks of the usable articles.
        verdicts: Chunks by verdict.
        rejected: Rejected chunks by reason.
        prompt_tokens: Tokens of all prompts of summaries and extractions, as servers counted them.
        completion_tokens: Tokens of all their answers.
        seconds: Seconds those requests took on their endpoints, summed.
    """

    articles: int = 0
    unusable: Counter[str] = field(default_factory=Counter[str])
    chunks: int = 0
    verdicts: Counter[str] = field(default_factory=Counter[str])
    rejected: Counter[str] = field(default_factory=Counter[str])
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0

    @property
    def usable(self) -> int:
        """Chunks that became an example."""
        return self.verdicts["valid"] + self.verdicts["repaired"]


def overview(tables: StoredTables, keys: list[str]) -> Overview:
    """Count the contents of the given batches; tables not written yet count as empty."""
    total = Overview()
    for key in keys:
        _add_papers(total, _stored(tables, RAW_PAPERS, key))
        chunks = _stored(tables, CHUNKS, key)
        total.chunks += chunks.num_rows if chunks is not None else 0
        for table in (SUMMARIES, RAW_EXTRACTIONS):
            _add_generated(total, _stored(tables, table, key))
        _add_verdicts(total, _stored(tables, VALIDATED_EXTRACTIONS, key))
    return total


def missing_assets(tables: StoredTables, dataset: str, key: str) -> tuple[str, ...]:
    """Return the assets of a batch that are not written yet, in the order of the pipeline.

    A batch without usable extractions has no shards, so it misses none.

    Args:
        tables: Where the tables of the batches are stored.
        dataset: Folder of the dataset.
        key: The batch.
    """
    missing = [one.asset for one in ASSET_TABLES if not tables.exists(one.asset, key)]
    with suppress(StorageError):  # a damaged table is a finding of its checks
        if missing or (not has_shards(dataset, key) and _usable(tables, key)):
            missing.append("hf_dataset")
    return tuple(missing)


def complete_batches(tables: StoredTables, shards: Iterable[Shard]) -> set[str]:
    """Return the batches whose usable extractions are all in the dataset, in every config.

    A batch whose verdicts cannot be read is not among them.

    Args:
        tables: Where the tables of the batches are stored.
        shards: The shards of the dataset.
    """
    rows: Counter[tuple[str, str]] = Counter()
    too_long: Counter[str] = Counter()
    for shard in shards:
        rows[shard.partition, shard.config] += shard.rows
        too_long[shard.partition] += shard.facts.lengths.too_long if shard.facts else 0
    complete: set[str] = set()
    for key in tables.partitions(VALIDATED_EXTRACTIONS.asset):
        with suppress(StorageError):
            usable = _usable(tables, key)
            expected = expected_rows(usable, too_long[key])
            if all(rows[key, config] == count for config, count in expected.items()):
                complete.add(key)
    return complete


def _usable(tables: StoredTables, key: str) -> int:
    """Return the number of usable extractions of a validated batch."""
    verdicts = _count(tables.read(VALIDATED_EXTRACTIONS.asset, key, ("verdict",)), "verdict")
    return verdicts["valid"] + verdicts["repaired"]


def _stored(tables: StoredTables, which: AssetTable[Any], key: str) -> pa.Table | None:
    return tables.read(which.asset, key) if tables.exists(which.asset, key) else None


def _add_papers(total: Overview, table: pa.Table | None) -> None:
    if table is not None:
        total.articles += table.num_rows
        total.unusable.update(_count(table, "reason"))


def _add_generated(total: Overview, table: pa.Table | None) -> None:
    if table is not None and table.num_rows:
        total.prompt_tokens += pc.sum(table.column("prompt_tokens")).as_py()
        total.completion_tokens += pc.sum(table.column("completion_tokens")).as_py()
        total.seconds += pc.sum(table.column("seconds")).as_py()


def _add_verdicts(total: Overview, table: pa.Table | None) -> None:
    if table is not None:
        total.verdicts.update(_count(table, "verdict"))
        total.rejected.update(_count(table, "reason"))


def _count(table: pa.Table, column: str) -> Counter[str]:
    return Counter(value for value in table.column(column).to_pylist() if value is not None)
