"""Checks that nothing was lost between the source and the dataset.

The rule is in `integrity.reconciliation`. The overall check adds up the counts of all batches, so
that a batch that never reached the dataset shows.
"""

from collections.abc import Sequence
from typing import Any, Final

import dagster as dg

from relgen_assets.batching.manifests import of_source
from relgen_assets.export.configs import CONFIGS
from relgen_assets.export.lengths import total
from relgen_assets.export.shards import Shard
from relgen_assets.integrity.reconciliation import (
    CHUNK_COLUMNS,
    PAPER_COLUMNS,
    RAW_COLUMNS,
    VERDICT_COLUMNS,
    Balance,
    balance,
)
from relgen_assets.orchestration.checks.step import Check
from relgen_assets.orchestration.checks.views import BatchDataset, BatchTables, WholeDataset
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import (
    CHUNKS,
    RAW_EXTRACTIONS,
    RAW_PAPERS,
    VALIDATED_EXTRACTIONS,
)

NAME: Final = "nothing_is_lost"
"""Name of the check, for one batch and for all."""
SHOWN_FAULTS: Final = 20

_COUNTED: Final = tuple(
    table.asset for table in (RAW_PAPERS, CHUNKS, RAW_EXTRACTIONS, VALIDATED_EXTRACTIONS)
)
"""The assets whose tables are counted."""


def batch_check(project: Project, *, keeps_rejected: bool) -> Check[BatchDataset]:
    """Return the check of one batch.

    Args:
        project: The opened project.
        keeps_rejected: Whether the dataset has to hold the rejected answers as well.
    """

    def evaluate(batch: BatchDataset) -> dg.AssetCheckResult:
        found = _balance(batch, _begun_with(project, batch.key), batch.shards)
        if batch.is_outdated:
            return _result(found, found.lost_articles(), waiting=[batch.key])
        return _result(found, found.differences(keeps_rejected=keeps_rejected))

    return Check(
        NAME,
        "Articles = used + unusable; chunks = valid + repaired + rejected + failed; rows of `full`"
        " = valid + repaired, less the answers that state no relation and were left out; rows of"
        " the others = those that are neither too long nor in an evaluation set. A batch that"
        " another version wrote is a warning.",
        evaluate,
        _COUNTED,
    )


def overall_check(project: Project, *, keeps_rejected: bool) -> Check[WholeDataset]:
    """Return the check over all batches.

    Args:
        project: The opened project.
        keeps_rejected: Whether the dataset has to hold the rejected answers as well.
    """

    def evaluate(dataset: WholeDataset) -> dg.AssetCheckResult:
        manifests = project.planner.manifests.begun()
        # A batch may have begun after the definitions were loaded.
        known = {*project.batches.keys, *of_source(manifests, project.settings.source.name)}
        begun, validated = (
            {key for name in names for key in dataset.store.partitions(name)} & known
            for names in (_COUNTED, [VALIDATED_EXTRACTIONS.asset])
        )
        shards = dataset.shards_by_batch
        total = Balance()
        waiting: list[str] = []
        differences = [
            f"{key}: rows of a batch that is not among the validated ones"
            for key in sorted(shards.keys() - validated)
        ]
        for key in sorted(begun):
            tables = BatchTables(key, dataset.store)
            one = _balance(
                tables, len(manifests[key].articles) if key in manifests else 0, shards.get(key, [])
            )
            total += one
            if key not in validated or (one.filled and key not in shards):
                waiting.append(key)
                differences += [f"{key}: {text}" for text in one.lost_articles()]
            else:
                found = one.differences(keeps_rejected=keeps_rejected)
                differences += [f"{key}: {text}" for text in found]
        return _result(total, differences, waiting)

    return Check(
        NAME,
        "The articles, chunks and rows of all started batches add up. Batches that are not in the"
        " dataset yet are a warning.",
        evaluate,
        of_all_batches(*_COUNTED),
    )


def of_all_batches(*assets: str) -> list[dg.AssetDep]:
    """Return dependencies on all batches of the assets, for a check without partitions."""
    return [dg.AssetDep(name, partition_mapping=dg.AllPartitionMapping()) for name in assets]


def _begun_with(project: Project, key: str) -> int:
    """Return the number of articles that a batch was begun with."""
    manifest = project.planner.manifests.one(key)
    return project.batches.size_of(key) if manifest is None else len(manifest.articles)


def _balance(tables: BatchTables, articles: int, shards: Sequence[Shard]) -> Balance:
    """Return the balance of a batch; tables that are not written yet count as empty."""
    rows = dict.fromkeys(CONFIGS, 0)
    for shard in shards:
        rows[shard.config] += shard.rows
    return balance(
        tables.columns(RAW_PAPERS, PAPER_COLUMNS),
        tables.columns(CHUNKS, CHUNK_COLUMNS),
        tables.columns(RAW_EXTRACTIONS, RAW_COLUMNS),
        tables.columns(VALIDATED_EXTRACTIONS, VERDICT_COLUMNS),
        articles=articles,
        rows=rows,
        empty_rows=sum(shard.facts.empty for shard in shards if shard.facts is not None),
        lengths=total(shard.facts.lengths for shard in shards if shard.facts),
    )


def _result(
    found: Balance, differences: Sequence[str], waiting: Sequence[str] = ()
) -> dg.AssetCheckResult:
    """Return the result of a balance; batches not written yet are a warning."""
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
        "without_relations": found.empty,
        "without_relations_left_out": found.empty - found.empty_rows,
        "too_long": found.lengths.too_long,
        "rechunked": found.lengths.rechunked,
        "overlapping": found.lengths.overlapping,
    }
    if differences:
        metadata["differences"] = list(differences[:SHOWN_FAULTS])
    if waiting:
        metadata["not_in_the_dataset_yet"] = list(waiting[:SHOWN_FAULTS])
    severity = dg.AssetCheckSeverity.ERROR if differences else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        passed=not differences and not waiting, severity=severity, metadata=metadata
    )
