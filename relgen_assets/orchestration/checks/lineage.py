"""Checks that nothing was mixed up between the source, the ledger and the dataset.

The rules are in `integrity.lineage`. Over all batches they are applied to one batch at a time, so
that memory does not grow with the dataset.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, cast

import dagster as dg

from relgen_assets.export.shaping import Shaping
from relgen_assets.export.shards import Shard, derived_rows
from relgen_assets.integrity.lineage import (
    foreign_summaries,
    rows_that_differ_between_configs,
    rows_unlike_their_sources,
    unrecorded_answers,
)
from relgen_assets.orchestration.checks.reconciliation import SHOWN_FAULTS, of_all_batches
from relgen_assets.orchestration.checks.step import Check
from relgen_assets.orchestration.checks.views import BatchDataset, RecordedDataset
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
        reshaped: Whether its training rows were written under other settings than those of now, so
            that they cannot be compared; the check `batches_are_current` names it.
        faults: One sentence for each mismatch.
    """

    rows: int
    unknown: int
    reshaped: bool
    faults: list[str]


def _compare(batch: BatchDataset, shaping: Shaping) -> _Comparison:
    full = batch.full_rows
    reshaped = _is_reshaped(batch.shards, shaping)
    summaries, raw = batch.rows(SUMMARIES), batch.rows(RAW_EXTRACTIONS)
    answered: list[GeneratedRow] = [row for row in (*summaries, *raw) if row.status == "completed"]
    recorded = batch.ledger.calls(row.key for row in answered)
    return _Comparison(
        rows=len(full),
        unknown=sum(row.key not in recorded for row in answered),
        reshaped=reshaped,
        faults=[
            *foreign_summaries(batch.rows(RAW_PAPERS), summaries, shaping.prompts),
            *unrecorded_answers(answered, recorded),
            *(
                []
                if reshaped
                else rows_that_differ_between_configs(full, derived_rows(batch.shards), shaping)
            ),
            *rows_unlike_their_sources(
                full,
                chunks=batch.rows(CHUNKS),
                summaries=summaries,
                raw=raw,
                validated=batch.rows(VALIDATED_EXTRACTIONS),
            ),
        ],
    )


def _is_reshaped(shards: Iterable[Shard], shaping: Shaping) -> bool:
    return any(shard.facts and shard.facts.shaping != shaping.version for shard in shards)


def _result(comparisons: Iterable[_Comparison]) -> dg.AssetCheckResult:
    """Return the result over batches; what cannot be compared any more is a warning."""
    rows = unknown = reshaped = violations = 0
    first: list[str] = []
    for one in comparisons:
        rows += one.rows
        unknown += one.unknown
        reshaped += one.reshaped
        violations += len(one.faults)
        first += one.faults[: SHOWN_FAULTS - len(first)]
    severity = dg.AssetCheckSeverity.ERROR if violations else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        passed=not violations and not unknown and not reshaped,
        severity=severity,
        metadata={
            "rows": rows,
            "violations": violations,
            "first": first,
            "calls_not_in_the_ledger": unknown,
            "batches_written_under_other_settings": reshaped,
        },
    )


def batch_check(shaping: Shaping) -> Check[BatchDataset]:
    """Return the check of one batch.

    Args:
        shaping: How training rows are written now, with the current templates.
    """
    return Check(
        NAME,
        "Every row has its own article's summary, its own chunk's text and answer, and in"
        " `teacher_messages` exactly the prompt that was sent, as the ledger keeps it.",
        lambda batch: _result([_compare(batch, shaping)]),
        _SOURCES,
    )


def overall_check(shaping: Shaping) -> Check[RecordedDataset]:
    """Return the check over all batches.

    Args:
        shaping: How training rows are written now, with the current templates.
    """
    return Check(
        NAME,
        "Every row of every batch has its own article's summary, its own chunk's text and answer,"
        " and exactly the prompt that was sent, as the ledger keeps it.",
        lambda dataset: _result(_compare(batch, shaping) for batch in dataset.batches()),
        of_all_batches(*_SOURCES),
        _DAILY,
    )
