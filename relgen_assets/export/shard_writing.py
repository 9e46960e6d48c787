"""Writing the shards of one partition, and removing those that an earlier run left behind.

Where shards lie belongs to `shards`, the facts in their footers to `footers`.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import pyarrow.parquet as pq

from relgen_assets.export.configs import CONFIGS, FULL, DatasetConfig
from relgen_assets.export.examples import FullExample
from relgen_assets.export.footers import facts_of, footer_metadata
from relgen_assets.export.shards import shard_url
from relgen_assets.export.splits import SPLITS, Split, split_key, split_of
from relgen_assets.rows.arrow import to_table
from resources import storage


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What one partition wrote.

    Attributes:
        rows: Examples by split; splits without examples are left out.
        articles: Articles by split; splits without examples are left out.
        removed: Files of an earlier run that were removed because their split has no rows now.
        size: Bytes written.
    """

    partition: str
    rows: dict[Split, int]
    articles: dict[Split, int]
    written: list[str] = field(default_factory=list[str])
    removed: list[str] = field(default_factory=list[str])
    size: int = 0


def write_shards(
    root: str,
    partition: str,
    examples: Sequence[FullExample],
    *,
    validation_percent: int,
    test_percent: int,
    left_out: int = 0,
) -> ShardReport:
    """Write the examples of one partition, one file for each config and split that has rows.

    Files of an earlier run of the partition are replaced. Where a split has no rows any more, its
    file is removed first, so that no article is in two splits even while this runs.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        partition: Key of the partition; the name of its files.
        examples: All examples of the partition.
        validation_percent: Share of articles for validation.
        test_percent: Share of articles for testing.
        left_out: Examples of the batch that state no relation and do not stand in the dataset.

    Raises:
        ConfigurationError: The percentages are out of range.
        StorageError: A file cannot be written or removed.
    """
    by_split: dict[Split, list[FullExample]] = {}
    for example in examples:
        key = split_key(example.paper_id, example.title)
        split = split_of(key, validation_percent=validation_percent, test_percent=test_percent)
        by_split.setdefault(split, []).append(example)

    removed = remove_shards(root, partition, keep=by_split)
    splits = [split for split in SPLITS if split in by_split]
    places = [(config, split) for config in CONFIGS.values() for split in splits]

    written: list[str] = []
    size = 0
    for config, split in places:
        url = shard_url(root, config.name, split, partition)
        data = _parquet(config, by_split[split], left_out if split == splits[0] else 0)
        storage.write_atomic(url, data)
        written.append(url)
        size += len(data)
    return ShardReport(
        partition=partition,
        rows={split: len(rows) for split, rows in by_split.items()},
        articles={split: len({row.paper_id for row in rows}) for split, rows in by_split.items()},
        written=written,
        removed=removed,
        size=size,
    )


def remove_shards(root: str, partition: str, *, keep: Collection[Split] = ()) -> list[str]:
    """Remove the shards of one partition; return where they were.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        partition: Key of the partition.
        keep: Splits whose shards stay.

    Raises:
        StorageError: A file cannot be removed.
    """
    removed: list[str] = []
    for config in CONFIGS:
        for split in SPLITS:
            url = shard_url(root, config, split, partition)
            if split not in keep and storage.exists(url):
                storage.remove(url)
                removed.append(url)
    return removed


def _parquet(config: DatasetConfig, examples: Sequence[FullExample], left_out: int) -> bytes:
    table = to_table([config.convert(example) for example in examples], config.row)
    if config.name == FULL.name:
        table = table.replace_schema_metadata(footer_metadata(facts_of(examples, left_out)))
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()
