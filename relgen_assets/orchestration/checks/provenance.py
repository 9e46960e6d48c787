"""Checks of the card that tell mixed and outdated batches; a person decides, so both only warn."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from relgen_assets.integrity.mixtures import mixtures
from relgen_assets.orchestration.assets.plain_markdown import plain
from relgen_assets.orchestration.checks.step import Check
from relgen_assets.orchestration.checks.views import WholeDataset
from relgen_assets.orchestration.staleness import latest_materializations, stale_batches
from relgen_assets.rows.asset_tables import VALIDATED_EXTRACTIONS

CURRENT_CHECK = dg.AssetCheckKey(dg.AssetKey("dataset_card"), "batches_are_current")
_SHOWN_BATCHES = 20
_REMEDY = "Make these batches again; known answers are not asked again: relgen run --batches …"


def provenance_checks(versions: Mapping[str, str]) -> list[Check[WholeDataset]]:
    """Return the checks.

    Args:
        versions: The code versions of now, by asset.
    """
    return [
        Check(
            "rows_were_made_alike",
            "All rows come from the same prompts, models and rules.",
            _made_alike,
            blocking=False,
        ),
        Check(
            CURRENT_CHECK.name,
            "Every batch was made under the settings, prompts and rules of now.",
            lambda dataset: _current(dataset, versions),
            blocking=False,
        ),
    ]


def _made_alike(dataset: WholeDataset) -> dg.AssetCheckResult:
    asset, keys = VALIDATED_EXTRACTIONS.asset, dataset.shards_by_batch.keys()
    rules = {
        key: str(made.metadata["rules"].value)
        for key, made in latest_materializations(dataset.instance, asset, keys)
        if "rules" in made.metadata
    }
    return _warning("mixed", [str(one) for one in mixtures(dataset.shards, rules)])


def _current(dataset: WholeDataset, versions: Mapping[str, str]) -> dg.AssetCheckResult:
    stale = stale_batches(dataset.instance, versions, dataset.shards_by_batch.keys())
    return _warning("outdated", [f"{key}: {', '.join(names)}" for key, names in stale.items()])


def _warning(what: str, found: Sequence[str]) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {}
    if found:
        # As plain text: servers give the names of models.
        listed = "\n".join(f"- {plain(one)}" for one in found[:_SHOWN_BATCHES])
        metadata = {
            what: dg.MetadataValue.md(listed),
            "in_all": dg.MetadataValue.text(str(len(found))),  # a number would be drawn as a plot
            "remedy": _REMEDY,
        }
    return dg.AssetCheckResult(
        passed=not found, severity=dg.AssetCheckSeverity.WARN, metadata=metadata
    )
