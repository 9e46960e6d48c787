"""Jobs of the graph; what starts them by itself belongs to `automation`.

`batches` and `retry_rejected` take one batch, or all of them as a back-fill; `card` covers all
batches.
"""

from __future__ import annotations

from typing import Any

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition as AssetJob,
)

from relgen_assets.orchestration.assets import batch_assets
from relgen_assets.orchestration.checks import lineage
from relgen_assets.settings import Settings

BATCH_JOB = "batches"
CARD_JOB = "card"
RETRY_JOB = "retry_rejected"
BATCH_CHECKS_JOB = "batch_checks"
CARD_CHECKS_JOB = "card_checks"
RETRIED_ASSETS = (
    "summaries",
    "raw_extractions",
    "second_opinions",
    "validated_extractions",
    "hf_dataset",
)
"""The assets of a batch that depend on a model's answers, where the project has them."""
DEFAULT_FURTHER_ATTEMPTS = 1
EVERY_ROW_CHECK = dg.AssetCheckKey(dg.AssetKey("dataset_card"), lineage.NAME)
"""It reads the whole dataset, so it does not run with every batch that renews the card."""


def build_jobs(settings: Settings) -> list[AssetJob]:
    """Return the jobs over the assets of a batch and the card, and over the checks of each."""
    of_batch = batch_assets(settings)
    return [
        dg.define_asset_job(
            BATCH_JOB,
            selection=dg.AssetSelection.assets(*of_batch),
            description="Turns one batch of articles into shards; a back-fill does all batches.",
        ),
        dg.define_asset_job(
            CARD_JOB,
            selection=dg.AssetSelection.assets("dataset_card")
            - dg.AssetSelection.checks(EVERY_ROW_CHECK),
            description="Writes the dataset card from the batches that exist.",
        ),
        dg.define_asset_job(
            RETRY_JOB,
            selection=dg.AssetSelection.assets(
                *(asset for asset in of_batch if asset in RETRIED_ASSETS)
            ),
            config=retry_config(DEFAULT_FURTHER_ATTEMPTS),
            description="Asks again about the rejected and failed chunks and missing summaries of"
            " one batch, with another seed; all other answers are kept.",
        ),
        dg.define_asset_job(
            BATCH_CHECKS_JOB,
            selection=dg.AssetSelection.checks_for_assets(*of_batch),
            description="Runs the checks of one batch without materialising anything.",
        ),
        dg.define_asset_job(
            CARD_CHECKS_JOB,
            selection=dg.AssetSelection.checks_for_assets("dataset_card"),
            description="Runs the checks over all batches without materialising anything.",
        ),
    ]


def retry_config(further_attempts: int) -> dict[str, Any]:
    """Return the run configuration that allows further attempts for unusable answers."""
    config = {"config": {"further_attempts": further_attempts}}
    return {"ops": {"summaries": config, "raw_extractions": config}}
