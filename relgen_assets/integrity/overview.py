"""The contents of batches, counted from their stored tables, for the command line.

This module counts what the assets have written and computes nothing new.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from relgen_assets.domain_errors import StorageError
from relgen_assets.export.configs import expected_rows
from relgen_assets.export.lengths import Lengths
from relgen_assets.export.shards import Shard, has_shards
from relgen_assets.generation.yields import Yield
from relgen_assets.rows.asset_tables import (
    ASSET_TABLES,
    CHUNKS,
    RAW_EXTRACTIONS,
    RAW_PAPERS,
    SECOND_OPINIONS,
    SUMMARIES,
    VALIDATED_EXTRACTIONS,
    AssetTable,
)

_CONTROL_TOKENS: Final = "control_tokens"


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
        control_tokens: Control tokens of chat templates in articles, by token.
        chunks: Chunks of the usable articles.
        verdicts: Chunks by verdict.
        rejected: Rejected chunks by reason.
        gains: What asking again has gained.
        prompt_tokens: Tokens of all prompts of summaries, extractions and second opinions, as
            servers counted them.
        completion_tokens: Tokens of all their answers.
        seconds: Seconds those requests took on their endpoints, summed.
    """

    articles: int = 0
    unusable: Counter[str] = field(default_factory=Counter[str])
    control_tokens: Counter[str] = field(default_factory=Counter[str])
    chunks: int = 0
    verdicts: Counter[str] = field(default_factory=Counter[str])
    rejected: Counter[str] = field(default_factory=Counter[str])
    gains: Yield = field(default_factory=Yield)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0

    @property
    def usable(self) -> int:
        """Chunks with an accepted answer."""
        return self.verdicts["valid"] + self.verdicts["repaired"]


def overview(tables: StoredTables, keys: list[str]) -> Overview:
    """Count the contents of the given batches; tables not written yet count as empty."""
    total = Overview()
    for key in keys:
        _add_papers(total, _stored(tables, RAW_PAPERS, key))
        chunks = _stored(tables, CHUNKS, key)
        total.chunks += chunks.num_rows if chunks is not None else 0
        answers = _stored(tables, RAW_EXTRACTIONS, key)
        opinions = _stored(tables, SECOND_OPINIONS, key)
        for table in (_stored(tables, SUMMARIES, key), answers, opinions):
            _add_generated(total, table)
        verdicts = _stored(tables, VALIDATED_EXTRACTIONS, key)
        _add_verdicts(total, verdicts)
        _add_gains(total, answers, verdicts)
    return total


def missing_assets(tables: StoredTables, dataset: str, key: str) -> tuple[str, ...]:
    """Return the assets of a batch that are not written yet, in the order of the pipeline.

    A batch without usable extractions that state relations has no shards, so it misses none.

    Args:
        tables: Where the tables of the batches are stored.
        dataset: Folder of the dataset.
        key: The batch.
    """
    missing = [one.asset for one in ASSET_TABLES if not tables.exists(one.asset, key)]
    with suppress(StorageError):  # a damaged table is a finding of its checks
        if missing or (not has_shards(dataset, key) and _filled(tables, key)):
            missing.append("hf_dataset")
    return tuple(missing)


def complete_batches(tables: StoredTables, shards: Iterable[Shard]) -> set[str]:
    """Return the batches whose usable extractions are all in the dataset, in every config.

    Extractions without relations stand there as far as a setting allows, and do not count. A batch
    whose verdicts cannot be read is not among them.

    Args:
        tables: Where the tables of the batches are stored.
        shards: The shards of the dataset.
    """
    rows: Counter[tuple[str, str]] = Counter()
    empty: Counter[str] = Counter()
    lengths: defaultdict[str, Lengths] = defaultdict(Lengths)
    for shard in shards:
        rows[shard.partition, shard.config] += shard.rows
        empty[shard.partition] += shard.facts.empty if shard.facts else 0
        lengths[shard.partition] += shard.facts.lengths if shard.facts else Lengths()
    complete: set[str] = set()
    for key in tables.partitions(VALIDATED_EXTRACTIONS.asset):
        with suppress(StorageError):
            expected = expected_rows(_filled(tables, key) + empty[key], lengths[key])
            if all(rows[key, config] == count for config, count in expected.items()):
                complete.add(key)
    return complete


def _filled(tables: StoredTables, key: str) -> int:
    """Return the number of extractions of a validated batch that state relations."""
    evidence = tables.read(VALIDATED_EXTRACTIONS.asset, key, ("evidence",)).column("evidence")
    return pc.sum(pc.greater(pc.list_value_length(evidence), 0), min_count=0).as_py() or 0


def _stored(tables: StoredTables, which: AssetTable[Any], key: str) -> pa.Table | None:
    return tables.read(which.asset, key) if tables.exists(which.asset, key) else None


def _add_papers(total: Overview, table: pa.Table | None) -> None:
    if table is not None:
        total.articles += table.num_rows
        total.unusable.update(_count(table, "reason"))
        if _CONTROL_TOKENS in table.column_names:  # tables of earlier versions do not say
            found = pc.list_flatten(table.column(_CONTROL_TOKENS))
            total.control_tokens.update(pc.struct_field(found, "token").to_pylist())


def _add_generated(total: Overview, table: pa.Table | None) -> None:
    if table is not None and table.num_rows:
        total.prompt_tokens += pc.sum(table.column("prompt_tokens")).as_py()
        total.completion_tokens += pc.sum(table.column("completion_tokens")).as_py()
        total.seconds += pc.sum(table.column("seconds")).as_py()


def _add_verdicts(total: Overview, table: pa.Table | None) -> None:
    if table is not None:
        total.verdicts.update(_count(table, "verdict"))
        total.rejected.update(_count(table, "reason"))


def _add_gains(total: Overview, answers: pa.Table | None, verdicts: pa.Table | None) -> None:
    """Count what asking again has gained; tables of earlier versions do not say."""
    if answers is None or verdicts is None or "earlier_reasons" not in answers.column_names:
        return
    verdict_of = dict(
        zip(verdicts["chunk_id"].to_pylist(), verdicts["verdict"].to_pylist(), strict=True)
    )
    chunk_ids = answers["chunk_id"].to_pylist()
    for chunk_id, reasons in zip(chunk_ids, answers["earlier_reasons"].to_pylist(), strict=True):
        usable = verdict_of.get(chunk_id, "rejected") != "rejected"
        total.gains.add(reasons, usable=usable)


def _count(table: pa.Table, column: str) -> Counter[str]:
    return Counter(value for value in table.column(column).to_pylist() if value is not None)
