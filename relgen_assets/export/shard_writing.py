"""Writing the shards of one partition, and removing those that an earlier run left behind.

Where shards lie belongs to `shards`, the facts in their footers to `footers`.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from relgen_assets.export.batch_facts import BatchFacts
from relgen_assets.export.configs import CONFIGS, FORMER_CONFIGS, FULL, REJECTED, DatasetConfig
from relgen_assets.export.examples import FullExample
from relgen_assets.export.footers import facts_of, footer_metadata
from relgen_assets.export.lengths import Lengths, measure
from relgen_assets.export.rejected import RejectedAnswer
from relgen_assets.export.shaping import Shaping
from relgen_assets.export.shards import shard_url
from relgen_assets.export.splits import SPLITS, Split, split_key, split_of
from relgen_assets.rows.arrow import to_table
from resources import storage

RowT = TypeVar("RowT", FullExample, RejectedAnswer)


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What one partition wrote.

    Attributes:
        rows: Examples by split; splits without examples are left out.
        articles: Articles by split; splits without examples are left out.
        removed: Files of an earlier run that were removed because their split has no rows now.
        lengths: How long the training rows are, and which examples have none.
        size: Bytes written.
    """

    partition: str
    rows: dict[Split, int]
    articles: dict[Split, int]
    written: list[str] = field(default_factory=list[str])
    removed: list[str] = field(default_factory=list[str])
    lengths: Lengths = field(default_factory=Lengths)
    size: int = 0


def write_shards(
    root: str,
    partition: str,
    examples: Sequence[FullExample],
    *,
    shaping: Shaping,
    rejected: Sequence[RejectedAnswer] = (),
    left_out: int = 0,
    batch: BatchFacts | None = None,
) -> ShardReport:
    """Write the examples of one partition, one file for each config and split that has rows.

    Files of an earlier run of the partition are replaced. Where a split has no rows any more, its
    file is removed first, so that no article is in two splits even while this runs.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        partition: Key of the partition; the name of its files.
        examples: All examples of the partition.
        shaping: How rows are written, and how articles are split.
        rejected: Rejected answers, if the dataset is to hold them.
        left_out: Examples of the batch that state no relation and do not stand in the dataset.
        batch: Counts over the whole batch.

    Raises:
        StorageError: A file cannot be written or removed.
    """
    by_split = _by_split(examples, shaping)
    first = next((split for split in SPLITS if split in by_split), None)
    whole = (batch or BatchFacts()).model_copy(update={"left_out": left_out})
    tables = {
        (config.name, split): table
        for config in CONFIGS.values()
        for split, rows in by_split.items()
        if (
            table := config_table(config, rows, shaping, whole if split == first else None)
        ).num_rows
    }
    tables |= {
        (REJECTED.name, split): to_table(rows, RejectedAnswer)
        for split, rows in _by_split(rejected, shaping).items()
    }
    removed = remove_shards(root, partition, keep=tables)
    written: list[str] = []
    size = 0
    for (config, split), table in tables.items():
        url = shard_url(root, config, split, partition)
        data = _parquet(table)
        storage.write_atomic(url, data)
        written.append(url)
        size += len(data)
    return ShardReport(
        partition=partition,
        rows={split: len(rows) for split, rows in by_split.items()},
        articles={split: len({row.paper_id for row in rows}) for split, rows in by_split.items()},
        written=written,
        removed=removed,
        lengths=measure(examples),
        size=size,
    )


def remove_shards(
    root: str, partition: str, *, keep: Collection[tuple[str, Split]] = ()
) -> list[str]:
    """Remove the shards of one partition; return where they were.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        partition: Key of the partition.
        keep: Configs and splits whose shards stay.

    Raises:
        StorageError: A file cannot be removed.
    """
    removed: list[str] = []
    for config in (*CONFIGS, *FORMER_CONFIGS):
        for split in SPLITS:
            url = shard_url(root, config, split, partition)
            if (config, split) not in keep and storage.exists(url):
                storage.remove(url)
                removed.append(url)
    return removed


def _by_split(rows: Sequence[RowT], shaping: Shaping) -> dict[Split, list[RowT]]:
    shares = shaping.settings
    found: dict[Split, list[RowT]] = {}
    for row in rows:
        split = split_of(
            split_key(row.paper_id, row.title),
            validation_percent=shares.validation_percent,
            test_percent=shares.test_percent,
        )
        found.setdefault(split, []).append(row)
    return found


def config_table(
    config: DatasetConfig,
    examples: Sequence[FullExample],
    shaping: Shaping,
    batch: BatchFacts | None = None,
) -> pa.Table:
    """Return the rows of one config; those of `full` carry their facts as schema metadata.

    Args:
        config: The config.
        examples: Examples of one split of a batch, in order.
        shaping: How rows are written.
        batch: What the facts are to say of the whole batch.
    """
    rows = [row for example in examples for row in config.rows_of(example, shaping)]
    table = to_table(rows, config.row_under(shaping))
    if config.name == FULL.name:
        table = table.replace_schema_metadata(footer_metadata(facts_of(examples, shaping, batch)))
    return table


def _parquet(table: pa.Table) -> bytes:
    """Return a table as the bytes of a parquet file, the same for the same rows."""
    buffer = io.BytesIO()
    pq.write_table(
        table,
        buffer,
        compression="zstd",
        write_page_checksum=True,
        write_statistics=counted_columns(table.schema),
    )
    return buffer.getvalue()


def counted_columns(schema: pa.Schema) -> list[str]:
    """Return the columns of which a parquet file shall hold the smallest and the largest value.

    Those of a text help no reader, and weigh as much as two rows.
    """
    return [field.name for field in schema if not _holds_texts(field.type)]


def _holds_texts(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_nested(kind))
