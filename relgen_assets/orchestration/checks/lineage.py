"""Checks that nothing was mixed up between the source, the ledger and the dataset.

The rules are in `relgen_assets.integrity.lineage`. Over all batches they are applied to one batch
at a time, so that memory does not grow with the dataset.
"""

from collections.abc import Iterable, Sequence
from typing import cast

import dagster as dg

from relgen_assets.export.shards import Shard, derived_rows, find_shards, full_rows
from relgen_assets.integrity.lineage import (
    foreign_summaries,
    rows_that_differ_between_configs,
    rows_unlike_their_sources,
    unrecorded_answers,
)
from relgen_assets.orchestration.checks.batch import MODELS
from relgen_assets.orchestration.checks.reconciliation import (
    SHOWN_FAULTS,
    of_all_batches,
    shards_by_batch,
)
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.arrow import from_table
from relgen_assets.rows.models import (
    Chunk,
    GeneratedRow,
    Paper,
    RawExtraction,
    Summary,
    ValidatedExtraction,
)
from resources.generation_ledger.ledger import GenerationLedger
from resources.parquet_io_manager import ParquetIOManager

# Its own condition keeps the check over all out of the runs by which the sensor renews the card.
_DAILY = cast(
    dg.AutomationCondition[dg.AssetCheckKey], dg.AutomationCondition.cron_tick_passed("@daily")
)


def build_faithfulness_checks(
    project: Project, partitions: dg.PartitionsDefinition[str]
) -> list[dg.AssetChecksDefinition]:
    """Return the check of one batch, and the one over all."""
    return [_batch_check(project, partitions), _overall_check(project)]


def _batch_check(
    project: Project, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="hf_dataset",
        additional_deps=list(MODELS),
        partitions_def=partitions,
        description="Every row has its own article's summary, its own chunk's text and answer, and"
        " in `messages` exactly the prompt that was sent, as the ledger keeps it.",
    )
    def rows_are_faithful(
        context: dg.AssetCheckExecutionContext,
        io_manager: dg.ResourceParam[ParquetIOManager],
        generation_ledger: GenerationLedger,
    ) -> dg.AssetCheckResult:
        key = context.partition_key
        shards = find_shards(project.settings.storage.dataset, key)
        return _compared([_Comparison(io_manager, generation_ledger, key, shards)])

    return rows_are_faithful


def _overall_check(project: Project) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="dataset_card",
        additional_deps=of_all_batches(*MODELS),
        automation_condition=_DAILY,
        description="Every row of every batch has its own article's summary, its own chunk's text"
        " and answer, and exactly the prompt that was sent, as the ledger keeps it.",
    )
    def rows_are_faithful(
        io_manager: dg.ResourceParam[ParquetIOManager], generation_ledger: GenerationLedger
    ) -> dg.AssetCheckResult:
        shards = shards_by_batch(project)
        validated = sorted({*io_manager.partitions("validated_extractions")} & {*shards})
        return _compared(
            _Comparison(io_manager, generation_ledger, key, shards[key]) for key in validated
        )

    return rows_are_faithful


class _Comparison:
    """The rows of one batch, compared with its tables and the ledger.

    Attributes:
        rows: Rows of the batch.
        faults: What does not fit together.
        unknown: Calls that the ledger does not hold.
    """

    def __init__(
        self,
        tables: ParquetIOManager,
        ledger: GenerationLedger,
        key: str,
        shards: Sequence[Shard],
    ) -> None:
        full = full_rows(shards)
        summaries = from_table(tables.read("summaries", key), Summary)
        raw = from_table(tables.read("raw_extractions", key), RawExtraction)
        answered: list[GeneratedRow] = [
            row for row in (*summaries, *raw) if row.status == "completed"
        ]
        calls = ledger.calls(row.key for row in answered)
        self.rows = len(full)
        self.unknown = sum(row.key not in calls for row in answered)
        self.faults = [
            *foreign_summaries(from_table(tables.read("raw_papers", key), Paper), summaries),
            *unrecorded_answers(answered, calls),
            *rows_that_differ_between_configs(full, derived_rows(shards)),
            *rows_unlike_their_sources(
                full,
                chunks=from_table(tables.read("chunks", key), Chunk),
                summaries=summaries,
                raw=raw,
                validated=from_table(
                    tables.read("validated_extractions", key), ValidatedExtraction
                ),
            ),
        ]


def _compared(comparisons: Iterable[_Comparison]) -> dg.AssetCheckResult:
    """Return the result over batches; calls that cannot be compared any more are a warning."""
    rows = unknown = violations = 0
    first: list[str] = []
    for one in comparisons:
        rows += one.rows
        unknown += one.unknown
        violations += len(one.faults)
        first += one.faults[: SHOWN_FAULTS - len(first)]
    severity = dg.AssetCheckSeverity.ERROR if violations else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        passed=not violations and not unknown,
        severity=severity,
        metadata={
            "rows": rows,
            "violations": violations,
            "first": first,
            "calls_not_in_the_ledger": unknown,
        },
    )
