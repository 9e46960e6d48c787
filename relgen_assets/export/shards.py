"""The parquet files of the dataset: `<root>/<config>/<split>/<partition>.parquet`.

Every partition writes its own files, so the folder grows without a file being rewritten. A shard of
the config `full` carries the counts of its rows by model, prompt and verdict in its footer: what
the card says can be read without reading rows. The card itself belongs to `card`.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.examples import (
    ChatExample,
    CoreExample,
    FullExample,
    chat_example,
    core_example,
)
from relgen_assets.export.splits import SPLITS, Split, split_of
from relgen_assets.rows.arrow import arrow_schema, from_table, to_table
from relgen_assets.rows.models import TableRow
from resources import storage

RowT = TypeVar("RowT", bound=TableRow)

Config = Literal["core", "full", "messages"]
CONFIGS: Final[dict[Config, type[TableRow]]] = {
    "core": CoreExample,
    "full": FullExample,
    "messages": ChatExample,
}
"""The configs of the dataset and their row classes; the first is the default one."""

SUFFIX: Final = ".parquet"
_FACTS_KEY: Final = b"relgen"
_FOOTER_READERS: Final = 8
_ROW_OF: Final[dict[Config, Callable[[FullExample], TableRow]]] = {
    "core": core_example,
    "full": lambda example: example,
    "messages": chat_example,
}


class ShardFacts(BaseModel):
    """What a shard's footer says of its rows: their digest, and how many come from where."""

    digest: str
    articles: int
    sources: dict[str, int]
    models: dict[str, int]
    prompt_versions: dict[str, int]
    summary_models: dict[str, int]
    summary_prompt_versions: dict[str, int]
    verdicts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Shard:
    """One parquet file of the dataset, as its footer describes it.

    Attributes:
        config: Config it belongs to.
        split: Split it belongs to.
        partition: Batch that wrote it.
        url: Where it lies.
        rows: Number of its rows.
        facts: Counts by origin; only shards of `full` have them.
    """

    config: Config
    split: Split
    partition: str
    url: str
    rows: int
    facts: ShardFacts | None


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What one partition wrote.

    Attributes:
        partition: Key of the partition.
        rows: Examples by split; splits without examples are left out.
        articles: Articles by split; splits without examples are left out.
        written: Files written.
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
) -> ShardReport:
    """Write the examples of one partition, one file for each config and split that has rows.

    Files of an earlier run of the partition are replaced; where a split has no rows any more its
    file goes first, so that no article is in two splits even while this runs.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        partition: Key of the partition; the name of its files.
        examples: All examples of the partition.
        validation_percent: Share of articles for validation.
        test_percent: Share of articles for testing.

    Raises:
        ConfigurationError: The shares are none.
        StorageError: A file cannot be written or removed.
    """
    by_split: dict[Split, list[FullExample]] = {}
    for example in examples:
        split = split_of(
            example.paper_id, validation_percent=validation_percent, test_percent=test_percent
        )
        by_split.setdefault(split, []).append(example)

    places = [(config, split) for config in CONFIGS for split in SPLITS]
    removed: list[str] = []
    for config, split in places:
        url = shard_url(root, config, split, partition)
        if split not in by_split and storage.exists(url):
            storage.remove(url)
            removed.append(url)

    written: list[str] = []
    size = 0
    for config, split in places:
        if split in by_split:
            url = shard_url(root, config, split, partition)
            data = _parquet(config, by_split[split])
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


def shard_url(root: str, config: Config, split: Split, partition: str) -> str:
    """Return where the shard of a partition lies."""
    return storage.join(root, config, split, partition + SUFFIX)


def find_shards(root: str, partition: str | None = None) -> list[Shard]:
    """Return the shards a dataset folder holds, in order of config, split and partition.

    Only footers are read, several at a time, since on an object store each is a round trip.

    Args:
        root: Folder of the dataset; a local path or any fsspec URL.
        partition: Look at the shards of this batch only.

    Raises:
        StorageError: A folder cannot be listed.
        DatasetError: A file is no parquet file of this dataset; the message names it.
    """
    places = [
        (config, split, name.removesuffix(SUFFIX))
        for config in CONFIGS
        for split in SPLITS
        for name in storage.list_files(storage.join(root, config, split), SUFFIX)
        if partition is None or name == partition + SUFFIX
    ]
    with ThreadPoolExecutor(_FOOTER_READERS) as readers:
        return list(readers.map(lambda place: _read_footer(root, *place), places))


def read_column(shard: Shard, column: str) -> list[Any]:
    """Return one column of a shard.

    Raises:
        DatasetError: The file cannot be read.
    """
    with _opened(shard.url) as file:
        return list(file.read(columns=[column]).column(column).to_pylist())


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


def _parquet(config: Config, examples: Sequence[FullExample]) -> bytes:
    model = CONFIGS[config]
    table = to_table([_ROW_OF[config](example) for example in examples], model)
    if config == "full":
        facts = _facts(examples).model_dump_json().encode()
        table = table.replace_schema_metadata({_FACTS_KEY: facts})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def _facts(examples: Sequence[FullExample]) -> ShardFacts:
    digest = hashlib.sha256()
    for example in examples:
        digest.update(example.model_dump_json().encode("utf-8"))
    return ShardFacts(
        digest=digest.hexdigest(),
        articles=len({example.paper_id for example in examples}),
        sources=Counter(example.source for example in examples),
        models=Counter(example.model for example in examples),
        prompt_versions=Counter(example.prompt_version for example in examples),
        summary_models=Counter(example.summary_model for example in examples),
        summary_prompt_versions=Counter(example.summary_prompt_version for example in examples),
        verdicts=Counter(example.verdict for example in examples),
    )


def _read_footer(root: str, config: Config, split: Split, partition: str) -> Shard:
    url = shard_url(root, config, split, partition)
    with _opened(url) as file:
        schema = file.schema_arrow
        rows: int = file.metadata.num_rows
    if not schema.equals(arrow_schema(CONFIGS[config])) or rows == 0:
        raise _foreign(url, "it does not have the columns and rows of this dataset")
    facts = None
    if config == "full":
        try:
            facts = ShardFacts.model_validate_json((schema.metadata or {}).get(_FACTS_KEY, b""))
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


def _foreign(url: str, what: str) -> DatasetError:
    return DatasetError(
        f"this file is no shard of this dataset: {what}.",
        where=storage.shown(url),
        remedy="Materialise its partition of hf_dataset again, or move the file away.",
    )
