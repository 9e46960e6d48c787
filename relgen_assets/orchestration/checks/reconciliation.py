"""Checks that nothing was lost between the source and the dataset.

The rule is in `relgen_assets.integrity.reconciliation`. Over all batches the counts of each are
added up, so that a batch that never reached the dataset shows.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from relgen_assets.export.configs import CONFIGS
from relgen_assets.export.shards import Shard, find_shards
from relgen_assets.integrity import reconciliation
from relgen_assets.integrity.reconciliation import Balance, balance
from relgen_assets.orchestration.checks.batch import MODELS
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.arrow import arrow_schema
from resources.parquet_io_manager import ParquetIOManager

_COLUMNS = {
    "raw_papers": reconciliation.PAPER_COLUMNS,
    "chunks": reconciliation.CHUNK_COLUMNS,
    "raw_extractions": reconciliation.RAW_COLUMNS,
    "validated_extractions": reconciliation.VERDICT_COLUMNS,
}
"""The tables that are counted, and what is read of them."""
SHOWN_FAULTS = 20


def build_conservation_checks(
    project: Project, partitions: dg.PartitionsDefinition[str]
) -> list[dg.AssetChecksDefinition]:
    """Return the check of one batch, and the one over all."""
    return [_batch_check(project, partitions), _overall_check(project)]


def _batch_check(
    project: Project, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="hf_dataset",
        additional_deps=list(_COLUMNS),
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


def _overall_check(project: Project) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="dataset_card",
        additional_deps=of_all_batches(*_COLUMNS),
        description="Over all batches that were begun or written: articles, chunks and rows add"
        " up. Batches that are not in the dataset yet are a warning.",
    )
    def nothing_is_lost(io_manager: dg.ResourceParam[ParquetIOManager]) -> dg.AssetCheckResult:
        known = set(project.batches.keys)
        begun, validated = (
            {key for name in names for key in io_manager.partitions(name)} & known
            for names in (_COLUMNS, ["validated_extractions"])
        )
        shards = shards_by_batch(project)
        total = Balance()
        waiting: list[str] = []
        differences = [
            f"{key}: rows of a batch that is not among the validated ones"
            for key in sorted(shards.keys() - validated)
        ]
        for key in sorted(begun):
            one = _balance(project, io_manager, key, shards.get(key, []))
            total += one
            if key not in validated or (one.usable and key not in shards):
                waiting.append(key)
                differences += [f"{key}: {text}" for text in one.lost_articles()]
            else:
                differences += [f"{key}: {text}" for text in one.differences(CONFIGS)]
        return _result(total, differences, waiting)

    return nothing_is_lost


def of_all_batches(*assets: str) -> list[dg.AssetDep]:
    """Return dependencies of a check without partitions on all batches of the assets."""
    return [dg.AssetDep(name, partition_mapping=dg.AllPartitionMapping()) for name in assets]


def shards_by_batch(project: Project) -> dict[str, list[Shard]]:
    """Return the shards of the dataset, by the batch that wrote them."""
    found: dict[str, list[Shard]] = {}
    for shard in find_shards(project.settings.storage.dataset):
        found.setdefault(shard.partition, []).append(shard)
    return found


def _balance(
    project: Project, tables: ParquetIOManager, key: str, shards: Sequence[Shard]
) -> Balance:
    """Return the balance of a batch; tables that are not written yet count as empty."""
    rows = dict.fromkeys(CONFIGS, 0)
    for shard in shards:
        rows[shard.config] += shard.rows
    papers, chunks, raw, validated = (
        tables.read(name, key, columns)
        if tables.exists(name, key)
        else arrow_schema(MODELS[name]).empty_table()
        for name, columns in _COLUMNS.items()
    )
    return balance(
        papers, chunks, raw, validated, articles=len(project.batches.rows(key)), rows=rows
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
        metadata["differences"] = list(differences[:SHOWN_FAULTS])
    if waiting:
        metadata["not_in_the_dataset_yet"] = list(waiting[:SHOWN_FAULTS])
    severity = dg.AssetCheckSeverity.ERROR if differences else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        passed=not differences and not waiting, severity=severity, metadata=metadata
    )
