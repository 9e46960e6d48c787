"""The parquet files of the dataset: `<root>/<config>/<split>/<partition>.parquet`.

Every partition has its own files, so the folder grows without a file being rewritten. This module
finds and reads them. Writing them belongs to `shard_writing`, the card to `card`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export import footers
from relgen_assets.export.configs import CONFIGS, FULL
from relgen_assets.export.examples import FullExample
from relgen_assets.export.footers import ShardFacts
from relgen_assets.export.splits import SPLITS, Split
from relgen_assets.rows.arrow import arrow_schema, from_table
from relgen_assets.rows.models import TableRow
from resources import storage

RowT = TypeVar("RowT", bound=TableRow)

SUFFIX: Final = ".parquet"
_FOOTER_READERS: Final = 8


@dataclass(frozen=True, slots=True)
class Shard:
    """One parquet file of the dataset, as its footer describes it.

    Attributes:
        partition: Batch that wrote it.
        rows: Number of its rows.
        facts: Counts by origin; only shards of `full` have them.
    """

    config: str
    split: Split
    partition: str
    url: str
    rows: int
    facts: ShardFacts | None


def shard_url(root: str, config: str, split: Split, partition: str) -> str:
    """Return where the shard of a partition lies."""
    return storage.join(root, config, split, partition + SUFFIX)


def shard_places(root: str) -> list[tuple[str, Split, str]]:
    """Return config, split and partition of every file that should be a shard; none is read.

    Raises:
        StorageError: A folder cannot be listed.
    """
    return [
        (config, split, name.removesuffix(SUFFIX))
        for config in CONFIGS
        for split in SPLITS
        for name in storage.list_files(storage.join(root, config, split), SUFFIX)
    ]


def find_shards(root: str, partition: str | None = None) -> list[Shard]:
    """Return the shards a dataset folder holds, in order of config, split and partition.

    Only footers are read, several at a time, since on an object store each is a round trip.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        partition: Look at the shards of this batch only.

    Raises:
        StorageError: A folder cannot be listed.
        DatasetError: A file is not a shard of this dataset; the message names it.
    """
    places = [place for place in shard_places(root) if partition in (None, place[2])]
    with ThreadPoolExecutor(_FOOTER_READERS) as readers:
        return list(readers.map(lambda place: _read_footer(root, *place), places))


def has_shards(root: str, partition: str) -> bool:
    """Return whether a dataset folder holds a file of this batch, readable or not.

    Raises:
        StorageError: A folder cannot be listed.
    """
    return any(
        partition + SUFFIX in storage.list_files(storage.join(root, config, split), SUFFIX)
        for config in CONFIGS
        for split in SPLITS
    )


def read_column(shard: Shard, column: str) -> list[Any]:
    """Return one column of a shard.

    Raises:
        DatasetError: The file cannot be read.
    """
    with _opened(shard.url) as file:
        return list(file.read(columns=[column], use_threads=False).column(column).to_pylist())


def read_columns(shard: Shard, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return some columns of a shard, row by row.

    Raises:
        DatasetError: The file cannot be read.
    """
    with _opened(shard.url) as file:
        return list(file.read(columns=list(columns), use_threads=False).to_pylist())


def read_rows(shards: Iterable[Shard], model: type[RowT]) -> list[RowT]:
    """Return the rows of shards of one config, in the order of the shards.

    Args:
        shards: Shards whose rows are `model`.
        model: Row class of their config.

    Raises:
        DatasetError: A file cannot be read.
    """
    rows: list[RowT] = []
    for shard in shards:
        with _opened(shard.url) as file:
            rows += from_table(file.read(), model)
    return rows


def derived_rows(shards: Iterable[Shard]) -> dict[str, list[TableRow]]:
    """Return the rows of every config but `full`, in the order of the shards.

    A config without a shard has an empty list.

    Raises:
        DatasetError: A file cannot be read.
    """
    found: dict[str, list[TableRow]] = {name: [] for name in CONFIGS if name != FULL.name}
    for shard in shards:
        if shard.config in found:
            found[shard.config] += read_rows([shard], CONFIGS[shard.config].row)
    return found


def full_rows(shards: Iterable[Shard]) -> list[FullExample]:
    """Return the complete examples, in the order of the shards.

    Raises:
        DatasetError: A file cannot be read.
    """
    return read_rows((shard for shard in shards if shard.config == FULL.name), FullExample)


def _read_footer(root: str, config: str, split: Split, partition: str) -> Shard:
    url = shard_url(root, config, split, partition)
    with _opened(url) as file:
        schema = file.schema_arrow
        rows: int = file.metadata.num_rows
    if not schema.equals(arrow_schema(CONFIGS[config].row)) or rows == 0:
        if footers.are_there(schema.metadata) and rows:
            raise _foreign(
                url,
                "another version of the project wrote it, with other columns",
                remedy="Make all batches again with `relgen run`, which asks nothing known again.",
            )
        raise _foreign(url, "it does not have the columns and rows of this dataset")
    facts = None
    if config == FULL.name:
        try:
            facts = footers.facts_in(schema.metadata)
        except ValidationError as error:
            raise _foreign(url, "its footer does not say what it was made from") from error
    return Shard(config=config, split=split, partition=partition, url=url, rows=rows, facts=facts)


@contextmanager
def _opened(url: str) -> Iterator[Any]:
    """Open a parquet file so that only the parts asked for are read."""
    try:
        with (
            fsspec.open(url, "rb") as file,
            pq.ParquetFile(file, page_checksum_verification=True) as parquet,
        ):
            yield parquet
    except (pa.ArrowException, OSError) as error:
        raise _foreign(url, f"it cannot be read: {error}") from error


def _foreign(
    url: str,
    what: str,
    remedy: str = "Materialise its partition of hf_dataset again, or move the file away.",
) -> DatasetError:
    return DatasetError(
        f"this file is not a shard of this dataset: {what}.",
        where=storage.shown(url),
        remedy=remedy,
    )
