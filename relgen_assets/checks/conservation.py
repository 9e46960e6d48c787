"""Checks that nothing was lost or mixed up between the source and the dataset.

The rules are in `relgen_assets.conservation`. A batch is checked in counts and row by row; over all
batches the counts are added up, so that a batch that never reached the dataset shows.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from relgen_assets import conservation
from relgen_assets.conservation import Balance, balance, unfaithful_rows
from relgen_assets.export.examples import ChatExample, CoreExample, FullExample
from relgen_assets.export.shards import CONFIGS, Shard, find_shards, read_rows
from relgen_assets.models import Chunk, RawExtraction, Summary, ValidatedExtraction
from relgen_assets.project import Project
from relgen_assets.tables import from_table
from resources.parquet_io_manager import ParquetIOManager

_TABLES = ("raw_papers", "chunks", "raw_extractions", "validated_extractions")
_SHOWN_DIFFERENCES = 20


def build_conservation_checks(
    project: Project, partitions: dg.PartitionsDefinition[str]
) -> list[dg.AssetChecksDefinition]:
    """Return the checks of one batch, and the one over all."""
    return [
        _batch_check(project, partitions),
        _rows_check(project, partitions),
        _overall_check(project),
    ]


def _batch_check(
    project: Project, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="hf_dataset",
        additional_deps=list(_TABLES),
        partitions_def=partitions,
        description="Articles = used + unusable; chunks = valid + repaired + rejected + failed;"
        " rows of every config = valid + repaired.",
    )
    def nothing_is_lost(
        context: dg.AssetCheckExecutionContext, io_manager: dg.ResourceParam[ParquetIOManager]
    ) -> dg.AssetCheckResult:
        key = context.partition_key
        shards = find_shards(project.settings.storage.dataset, key)
        found = _balance(project, io_manager, key, shards)
        return _result(found, found.differences(CONFIGS))

    return nothing_is_lost


def _rows_check(
    project: Project, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="hf_dataset",
        additional_deps=["chunks", "summaries", "raw_extractions", "validated_extractions"],
        partitions_def=partitions,
        description="Every row has its own article's summary, its own chunk's text and answer, and"
        " in `messages` exactly the prompt that was sent.",
    )
    def rows_are_faithful(
        context: dg.AssetCheckExecutionContext, io_manager: dg.ResourceParam[ParquetIOManager]
    ) -> dg.AssetCheckResult:
        key = context.partition_key
        shards = find_shards(project.settings.storage.dataset, key)
        by_config = {name: [one for one in shards if one.config == name] for name in CONFIGS}
        full = read_rows(by_config["full"], FullExample)
        found = unfaithful_rows(
            read_rows(by_config["core"], CoreExample),
            full,
            read_rows(by_config["messages"], ChatExample),
            chunks=from_table(io_manager.read("chunks", key), Chunk),
            summaries=from_table(io_manager.read("summaries", key), Summary),
            raw=from_table(io_manager.read("raw_extractions", key), RawExtraction),
            validated=from_table(
                io_manager.read("validated_extractions", key), ValidatedExtraction
            ),
        )
        return dg.AssetCheckResult(
            passed=not found,
            metadata={
                "rows": len(full),
                "violations": len(found),
                "first": found[:_SHOWN_DIFFERENCES],
            },
        )

    return rows_are_faithful


def _overall_check(project: Project) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="dataset_card",
        additional_deps=[
            dg.AssetDep(name, partition_mapping=dg.AllPartitionMapping()) for name in _TABLES
        ],
        description="Over all batches that were validated or written: articles, chunks and rows"
        " add up.",
    )
    def nothing_is_lost(io_manager: dg.ResourceParam[ParquetIOManager]) -> dg.AssetCheckResult:
        shards: dict[str, list[Shard]] = {}
        for shard in find_shards(project.settings.storage.dataset):
            shards.setdefault(shard.partition, []).append(shard)
        known = set(project.batches.keys)
        written = set(io_manager.partitions("validated_extractions")) & known
        total = Balance()
        waiting: list[str] = []
        differences = [
            f"{key}: rows of a batch that is not among the validated ones"
            for key in sorted(shards.keys() - written)
        ]
        for key in sorted(written):
            one = _balance(project, io_manager, key, shards.get(key, []))
            total += one
            if one.usable and key not in shards:
                waiting.append(key)
            else:
                differences += [f"{key}: {text}" for text in one.differences(CONFIGS)]
        return _result(total, differences, waiting)

    return nothing_is_lost


def _balance(
    project: Project, tables: ParquetIOManager, key: str, shards: Sequence[Shard]
) -> Balance:
    rows = dict.fromkeys(map(str, CONFIGS), 0)
    for shard in shards:
        rows[shard.config] += shard.rows
    return balance(
        tables.read("raw_papers", key, conservation.PAPER_COLUMNS),
        tables.read("chunks", key, conservation.CHUNK_COLUMNS),
        tables.read("raw_extractions", key, conservation.RAW_COLUMNS),
        tables.read("validated_extractions", key, conservation.VERDICT_COLUMNS),
        articles=len(project.batches.rows(key)),
        rows=rows,
    )


def _result(
    found: Balance, differences: Sequence[str], waiting: Sequence[str] = ()
) -> dg.AssetCheckResult:
    """Return the result of a balance; batches that only wait to be written are a warning."""
    metadata: dict[str, Any] = {
        "articles": found.articles,
        "used": found.used,
        "unusable": dict(found.unusable),
        "chunks": found.chunks,
        "valid": found.valid,
        "repaired": found.repaired,
        "rejected": dict(found.rejected),
        "failed": dict(found.failed),
        "rows": dict(found.rows),
    }
    if differences:
        metadata["differences"] = list(differences[:_SHOWN_DIFFERENCES])
    if waiting:
        metadata["validated_but_not_in_the_dataset"] = list(waiting[:_SHOWN_DIFFERENCES])
    severity = dg.AssetCheckSeverity.ERROR if differences else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        passed=not differences and not waiting, severity=severity, metadata=metadata
    )
