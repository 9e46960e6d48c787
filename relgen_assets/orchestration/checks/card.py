"""Checks that the card says what the shards hold: card against footers, footers against rows.

The card is compared whenever it is written, which reads footers only; the rows of a batch, when the
batch is.
"""

from typing import Final

import dagster as dg

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.about import About
from relgen_assets.export.card_numbers import footers_that_differ, numbers_that_differ
from relgen_assets.export.shaping import Shaping
from relgen_assets.orchestration.checks.reconciliation import SHOWN_FAULTS
from relgen_assets.orchestration.checks.step import Check
from relgen_assets.orchestration.checks.views import BatchDataset, WholeDataset

CARD_NAME: Final = "card_numbers_match"
FOOTER_NAME: Final = "footers_match_rows"
_REMEDY: Final = "Materialise dataset_card again."
_FOOTER_REMEDY: Final = "Materialise hf_dataset again for this batch."


def card_check(about: About) -> Check[WholeDataset]:
    """Return the check that the card's numbers are those of the shards.

    Args:
        about: What the project says of its dataset.
    """

    def evaluate(dataset: WholeDataset) -> dg.AssetCheckResult:
        try:
            faults = numbers_that_differ(dataset.root, dataset.contents, about)
        except DatasetError as error:
            return dg.AssetCheckResult(passed=False, metadata={"fault": str(error)})
        return _result(faults, _REMEDY)

    return Check(
        CARD_NAME,
        "Every line of the card with a number is the one that the shards make; what the servers"
        " drew is not compared.",
        evaluate,
    )


def footer_check(shaping: Shaping) -> Check[BatchDataset]:
    """Return the check that the footers of a batch are those of its rows.

    Args:
        shaping: How training rows are written now.
    """
    return Check(
        FOOTER_NAME,
        "The counts in the footers of the batch, from which the card is made, are those of its"
        " rows.",
        lambda batch: _result(footers_that_differ(batch.full_shards, shaping), _FOOTER_REMEDY),
    )


def _result(faults: list[str], remedy: str) -> dg.AssetCheckResult:
    hint = {"remedy": remedy} if faults else {}
    return dg.AssetCheckResult(
        passed=not faults,
        metadata={"differences": len(faults), "first": faults[:SHOWN_FAULTS], **hint},
    )
