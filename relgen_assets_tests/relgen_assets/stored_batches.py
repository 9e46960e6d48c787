"""Stored tables of small batches, as the assets would have written them, without a run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from relgen_assets.rows.asset_tables import (
    CHUNKS,
    RAW_EXTRACTIONS,
    RAW_PAPERS,
    SUMMARIES,
    VALIDATED_EXTRACTIONS,
)
from relgen_assets.rows.models import Extraction, Relation
from relgen_assets_tests.relgen_assets.export.batch import Batch, batch_of, findings
from resources.parquet_io_manager import ParquetIOManager

TEXT = "Brine shrimp feed flamingos [on] salt lakes; flamingos are pink."


NO_FINDINGS: dict[str, list[Any]] = {"grounding": [], "evidence": []}


@dataclass
class MemoryTables:
    """Tables in memory, by asset and batch."""

    tables: dict[tuple[str, str], pa.Table] = field(default_factory=dict)

    def exists(self, asset: str, partition: str, /) -> bool:
        return (asset, partition) in self.tables

    def read(
        self, asset: str, partition: str, columns: tuple[str, ...] | None = None, /
    ) -> pa.Table:
        table = self.tables[asset, partition]
        return table if columns is None else table.select(columns)

    def partitions(self, asset: str, /) -> list[str]:
        return sorted(partition for name, partition in self.tables if name == asset)


def tables_of(batch: Batch) -> dict[str, pa.Table]:
    """Return the tables of a batch, by asset."""
    return {
        RAW_PAPERS.asset: RAW_PAPERS.table(batch.papers),
        CHUNKS.asset: CHUNKS.table(batch.chunks),
        SUMMARIES.asset: SUMMARIES.table(batch.summaries),
        RAW_EXTRACTIONS.asset: RAW_EXTRACTIONS.table(batch.raw),
        VALIDATED_EXTRACTIONS.asset: VALIDATED_EXTRACTIONS.table(batch.validated),
    }


def in_memory(**batches: Batch) -> MemoryTables:
    """Return batches as tables in memory, by their keys, `_` for `-`."""
    return MemoryTables(
        {
            (asset, key.replace("_", "-")): table
            for key, batch in batches.items()
            for asset, table in tables_of(batch).items()
        }
    )


def store(tables: ParquetIOManager, key: str, batch: Batch) -> None:
    """Write a batch to files."""
    for asset, table in tables_of(batch).items():
        tables.write(table, asset, key)


def telling_batch() -> Batch:
    """Return an article with a valid, a rejected and a failed chunk, and an unusable article."""
    batch = batch_of("lake-1", "lake-2", chunks=3, named=True)
    extraction = Extraction(
        section_description="Shrimp feed birds.",
        list_of_entities=["Brine shrimp", "flamingos"],
        relations=[
            Relation(
                description="Brine shrimp feed flamingos.",
                source_entities=["Brine shrimp"],
                target_entities=["flamingos"],
                strength="strong",
            )
        ],
    )
    batch = batch.changed("chunks", 0, text=TEXT, end=len(TEXT))
    batch = batch.changed(
        "validated",
        0,
        verdict="repaired",
        repairs=["entity_respelled"],
        extraction=extraction,
        **findings(extraction, TEXT),
    )
    answer = '{"list_of_entities": ["Salt lakes", "unicorns"], "relations": []} \x1b[31m'
    batch = batch.changed("raw", 1, text=answer)
    batch = batch.changed(
        "validated", 1, verdict="rejected", reason="no_relations", extraction=None, **NO_FINDINGS
    )
    failed = {"status": "failed", "reason": "endpoints_exhausted", "text": "", "key": ""}
    batch = batch.changed("raw", 2, **failed)
    batch = batch.changed(
        "validated",
        2,
        verdict="rejected",
        reason="endpoints_exhausted",
        extraction=None,
        **NO_FINDINGS,
    )
    batch = batch.changed("papers", 1, status="unusable", reason="too_short")
    return replace(
        batch,
        chunks=batch.chunks[:3],
        raw=batch.raw[:3],
        validated=batch.validated[:3],
        summaries=batch.summaries[:1],
    )
