"""Checks that nothing was mixed up between the source, the ledger and the dataset.

The rules are in `integrity.lineage`. Over all batches they are applied to one batch at a time, so
that memory does not grow with the dataset.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

import dagster as dg

from relgen_assets.export.shards import derived_rows, full_rows
from relgen_assets.integrity.lineage import (
    foreign_summaries,
    rows_that_differ_between_configs,
    rows_unlike_their_sources,
    unrecorded_answers,
)
from relgen_assets.orchestration.checks.reconciliation import SHOWN_FAULTS, of_all_batches
from relgen_assets.orchestration.checks.step import Check
from relgen_assets.orchestration.checks.views import BatchDataset, RecordedDataset
from relgen_assets.prompts import PromptSet
from relgen_assets.rows.asset_tables import (
    ASSET_TABLES,
    CHUNKS,
    RAW_EXTRACTIONS,
    RAW_PAPERS,
    SUMMARIES,
    VALIDATED_EXTRACTIONS,
)
from relgen_assets.rows.models import GeneratedRow

NAME: Final = "rows_match_their_sources"
"""Name of the check, for one batch and for all."""

_SOURCES = tuple(table.asset for table in ASSET_TABLES)
# Its own condition keeps the overall check out of the runs in which the sensor renews the card.
_DAILY = cast(
    dg.AutomationCondition[dg.AssetCheckKey], dg.AutomationCondition.cron_tick_passed("@daily")
)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The rows of one batch, compared with its tables and the ledger.

    Attributes:
        rows: Number of rows in the batch.
        unknown: Number of answers that are not in the ledger.
        faults: One sentence for each mismatch.
    """

    rows: int
    unknown: int
    faults: list[str]


def _compare(batch: BatchDataset, prompts: PromptSet) -> _Comparison:
    full = full_rows(batch.shards)
    summaries, raw = batch.rows(SUMMARIES), batch.rows(RAW_EXTRACTIONS)
    answered: list[GeneratedRow] = [row for row in (*summaries, *raw) if row.status == "completed"]
    recorded = batch.ledger.calls(row.key for row in answered)
    return _Comparison(
        rows=len(full),
        unknown=sum(row.key not in recorded for row in answered),
        faults=[
            *foreign_summaries(batch.rows(RAW_PAPERS), summaries, prompts),
            *unrecorded_answers(answered, recorded),
            *rows_that_differ_between_configs(full, derived_rows(batch.shards)),
            *rows_unlike_their_sources(
                full,
                chunks=batch.rows(CHUNKS),
                summaries=summaries,
                raw=raw,
                validated=batch.rows(VALIDATED_EXTRACTIONS),
            ),
        ],
    )


def _result(comparisons: Iterable[_Comparison]) -> dg.AssetCheckResult:
    """Return the result over batches; answers no longer in the ledger are a warning."""
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


def batch_check(prompts: PromptSet) -> Check[BatchDataset]:
    """Return the check of one batch.

    Args:
        prompts: The current templates.
    """
    return Check(
        NAME,
        "Every row has its own article's summary, its own chunk's text and answer, and in"
        " `messages` exactly the prompt that was sent, as the ledger keeps it.",
        lambda batch: _result([_compare(batch, prompts)]),
        _SOURCES,
    )


def overall_check(prompts: PromptSet) -> Check[RecordedDataset]:
    """Return the check over all batches.

    Args:
        prompts: The current templates.
    """
    return Check(
        NAME,
        "Every row of every batch has its own article's summary, its own chunk's text and answer,"
        " and exactly the prompt that was sent, as the ledger keeps it.",
        lambda dataset: _result(_compare(batch, prompts) for batch in dataset.batches()),
        of_all_batches(*_SOURCES),
        _DAILY,
    )
