"""The check that answers about neighbouring chunks agree on the text that both show."""

from typing import Final

import dagster as dg

from relgen_assets.evaluation.agreement import shared_texts
from relgen_assets.evaluation.agreement_counts import (
    REPEATS,
    Agreement,
    agreement_counts,
    agreements,
)
from relgen_assets.orchestration.agreement_metadata import agreement_table
from relgen_assets.orchestration.checks.step import Check
from relgen_assets.orchestration.checks.views import BatchTables
from relgen_assets.rows.asset_tables import CHUNKS, RAW_EXTRACTIONS, VALIDATED_EXTRACTIONS

NAME: Final = "overlaps_agree"


def agreement_check(least_percent: int) -> Check[BatchTables]:
    """Return the check that answers repeat each other often enough.

    It warns where the whole interval lies below the threshold, so that a small batch whose share
    could be anything does not warn.

    Args:
        least_percent: Least share of names that are repeated; 0 for none.
    """

    def evaluate(batch: BatchTables) -> dg.AssetCheckResult:
        shared = shared_texts(
            batch.rows(CHUNKS), batch.rows(RAW_EXTRACTIONS), batch.rows(VALIDATED_EXTRACTIONS)
        )
        found = agreements(agreement_counts(shared))
        below = [one for one in found if _is_below(one, least_percent / 100)]
        return dg.AssetCheckResult(
            passed=not below,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "overlaps": len(shared),
                "least_percent": least_percent,
                "below": [f"{one.dimension} {one.value}" for one in below],
                **({"overlaps_agree": agreement_table(found)} if found else {}),
            },
        )

    return Check(
        NAME,
        "Answers about neighbouring chunks say the same of the text that both show, as often as"
        f" {least_percent} % of the names (evaluation.least_agreement_percent).",
        evaluate,
        [CHUNKS.asset, RAW_EXTRACTIONS.asset],
        blocking=False,
    )


def _is_below(one: Agreement, least: float) -> bool:
    high = one.share("names", REPEATS).high
    return high is not None and high < least
