"""The parquet files of the dataset: `<root>/<config>/<split>/<partition>.parquet`.

Every partition has its own files, so the folder grows without a file being rewritten. This module
finds and reads them. Writing them belongs to `shard_writing`, the card to `card`.
"""

from __future__ import annotations

from collections import Counter
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
from relgen_assets.export.configs import CONFIGS, FULL, REJECTED
from relgen_assets.export.examples import FullExample
from relgen_assets.export.footers import ShardFacts, facts_in, has_facts
from relgen_assets.export.splits import SPLITS, Split
from relgen_assets.rows.arrow import arrow_schema, from_table
from relgen_assets.rows.models import TableRow
from resources import storage

RowT = TypeVar("RowT", bound=TableRow)

Place = tuple[str, Split, str]
"""Config, split and partition of a shard."""

SUFFIX: Final = ".parquet"
_FOOTER_READERS: Final = 8
_ROWS_AT_A_TIME: Final = 500


@dataclass(frozen=True, slots=True)
class Shard:
    """One parquet file of the dataset, as its footer describes it.

    Attributes:
        partition: Batch that wrote it.
        rows: Number of its rows.
        row: Class of its rows.
        facts: Counts by origin; only shards of `full` have them.
    """

    config: str
    split: Split
    partition: str
    url: str
    rows: int
    row: type[TableRow]
    facts: ShardFacts | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What a dataset folder holds.

    Attributes:
        shards: The shards, in order of config, split and partition.
        outdated: Batches whose columns do not go with those of the others: another version wrote
            them, or other settings. Their files are no shards of this dataset until they are made
            again, which asks nothing.
    """

    shards: list[Shard]
    outdated: list[str]


def shard_url(root: str, config: str, split: Split, partition: str) -> str:
    """Return where the shard of a partition lies."""
    return storage.join(root, config, split, partition + SUFFIX)


def shard_places(root: str) -> list[Place]:
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
    """Return the shards a dataset folder holds, without those of outdated batches.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        partition: Look at the shards of this batch only.

    Raises:
        StorageError: A folder cannot be listed.
        DatasetError: A file is not a shard of this dataset; the message names it.
    """
    return survey(root, partition).shards


def survey(root: str, partition: str | None = None) -> Contents:
    """Return the shards a dataset folder holds, and which batches are outdated.

    Only footers are read, several at a time, since on an object store each is a round trip.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        partition: Look at the shards of this batch only.

    Raises:
        StorageError: A folder cannot be listed.
        DatasetError: A file is not a shard of this dataset; the message names it.
    """
    places = [place for place in shard_places(root) if partition in (None, place[2])]
    # The shards of `full` tell whether the others of their batch have the columns of today.
    found = _read_footers(root, [place for place in places if place[0] == FULL.name])
    outdated = {place[2] for place, shard in found.items() if shard is None}
    rest = [place for place in places if place not in found and place[2] not in outdated]
    found |= _read_footers(root, rest)
    shards = [shard for place in places if (shard := found.get(place)) is not None]
    outdated |= _in_other_layouts(shards)
    return Contents([one for one in shards if one.partition not in outdated], sorted(outdated))


def _in_other_layouts(shards: Sequence[Shard]) -> set[str]:
    """Return the batches in which a config has other columns than in most of its rows."""
    rows: dict[str, Counter[type[TableRow]]] = {}
    for shard in shards:
        rows.setdefault(shard.config, Counter())[shard.row] += shard.rows
    usual = {config: counted.most_common(1)[0][0] for config, counted in rows.items()}
    return {shard.partition for shard in shards if shard.row is not usual[shard.config]}


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


def read_table(shard: Shard) -> pa.Table:
    """Return a shard as it is stored.

    Raises:
        DatasetError: The file cannot be read.
    """
    with _opened(shard.url) as file:
        return file.read(use_threads=False)


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


def stored_rows(shard: Shard) -> Iterator[dict[str, Any]]:
    """Yield the rows of a shard as they are stored, a few at a time in memory.

    Raises:
        DatasetError: The file cannot be read.
    """
    with _opened(shard.url) as file:
        for batch in file.iter_batches(batch_size=_ROWS_AT_A_TIME, use_threads=False):
            yield from batch.to_pylist()


def rows_of_split(root: str, config: str, split: Split) -> Iterator[dict[str, Any]]:
    """Yield the rows of one split of a config as they are stored, whichever version wrote them.

    Raises:
        StorageError: The folder cannot be listed.
        DatasetError: A file cannot be read.
    """
    folder = storage.join(root, config, split)
    for name in storage.list_files(folder, SUFFIX):
        with _opened(storage.join(folder, name)) as file:
            for batch in file.iter_batches(batch_size=_ROWS_AT_A_TIME, use_threads=False):
                yield from batch.to_pylist()


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
    """Return the rows of every config that is made from `full`, in the order of the shards.

    A config without a shard has an empty list.

    Raises:
        DatasetError: A file cannot be read.
    """
    found: dict[str, list[TableRow]] = {
        name: [] for name in CONFIGS if name not in (FULL.name, REJECTED.name)
    }
    for shard in shards:
        if shard.config in found:
            found[shard.config] += read_rows([shard], shard.row)
    return found


def full_rows(shards: Iterable[Shard]) -> list[FullExample]:
    """Return the complete examples, in the order of the shards.

    Raises:
        DatasetError: A file cannot be read.
    """
    return read_rows((shard for shard in shards if shard.config == FULL.name), FullExample)


def _read_footers(root: str, places: Sequence[Place]) -> dict[Place, Shard | None]:
    """Return what footers say, by their place; several are read at a time."""
    with ThreadPoolExecutor(_FOOTER_READERS) as readers:
        found = readers.map(lambda place: _read_footer(root, *place), places)
        return dict(zip(places, found, strict=True))


def _read_footer(root: str, config: str, split: Split, partition: str) -> Shard | None:
    """Return what a footer says; `None` if another version wrote a complete example."""
    url = shard_url(root, config, split, partition)
    with _opened(url) as file:
        schema = file.schema_arrow
        metadata = file.metadata.metadata  # of the file: a long one gets its facts at its end
        rows: int = file.metadata.num_rows
    layouts = CONFIGS[config].layouts
    row = next((one for one in layouts if schema.equals(arrow_schema(one))), None)
    if row is None and config == FULL.name and has_facts(schema.metadata):
        return None
    if row is None or rows == 0:
        raise _foreign(url, "it does not have the columns and rows of this dataset")
    facts = None
    if config == FULL.name:
        try:
            facts = facts_in(metadata)
        except ValidationError as error:
            if has_facts(schema.metadata) and _lacks_some(error):
                return None
            raise _foreign(url, "its footer does not say what it was made from") from error
    return Shard(config, split, partition, url, rows, row, facts)


def _lacks_some(error: ValidationError) -> bool:
    """Return whether facts are only missing, as in what an earlier version wrote."""
    return {one["type"] for one in error.errors()} == {"missing"}


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
