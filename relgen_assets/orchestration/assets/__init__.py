"""The assets, one module each: inputs, one call into the domain, output and metadata.

Every module has one `build` function that takes the opened project and returns the asset. What they
share (options, tables with previews, thresholds) is in `common`. Modules with assets or checks do
not use `from __future__ import annotations`: Dagster needs the types themselves, not strings.
"""

from __future__ import annotations

import dagster as dg

from relgen_assets.orchestration.assets import (
    chunks,
    dataset_card,
    evaluations,
    hf_dataset,
    published_dataset,
    raw_extractions,
    raw_papers,
    second_opinions,
    summaries,
    validated_extractions,
)
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import ASSET_TABLES, SECOND_OPINIONS, VALIDATED_EXTRACTIONS
from relgen_assets.settings import Settings

BATCH_ASSETS = (*(table.asset for table in ASSET_TABLES), "hf_dataset")
"""The assets of every project that are partitioned by batch, in the order of the pipeline."""


def batch_assets(settings: Settings) -> tuple[str, ...]:
    """Return the assets of a project that are partitioned by batch, in the order of the pipeline.

    Second opinions come before the verdicts that take them into account.
    """
    if not settings.judging.asks_model:
        return BATCH_ASSETS
    at = BATCH_ASSETS.index(VALIDATED_EXTRACTIONS.asset)
    return (*BATCH_ASSETS[:at], SECOND_OPINIONS.asset, *BATCH_ASSETS[at:])


def build_assets(project: Project) -> list[dg.AssetsDefinition]:
    """Return every asset of the graph, in the order of the pipeline, with its code version.

    Publishing has none: what is published was decided when the release was made. Nor has an
    evaluation: it is a measurement, which is repeated when a person wants one.
    """
    partitions = project.batches.definition()
    assets = [
        raw_papers.build(project, partitions),
        chunks.build(project, partitions),
        summaries.build(project, partitions),
        raw_extractions.build(project, partitions),
        *(
            [second_opinions.build(project, partitions)]
            if project.settings.judging.asks_model
            else []
        ),
        validated_extractions.build(project, partitions),
        hf_dataset.build(project, partitions),
        dataset_card.build(project),
    ]
    if gold := project.settings.evaluation.gold:
        assets.append(evaluations.build(project, gold))
    if repo := project.settings.publishing.repo:
        assets.append(published_dataset.build(project, repo))
    versions = project.code_versions
    return [
        asset.map_asset_specs(
            lambda spec: spec.replace_attributes(
                code_version=versions.get(spec.key.to_user_string())
            )
        )
        for asset in assets
    ]
