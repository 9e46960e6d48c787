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
    hf_dataset,
    raw_extractions,
    raw_papers,
    summaries,
    validated_extractions,
)
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import ASSET_TABLES

BATCH_ASSETS = (*(table.asset for table in ASSET_TABLES), "hf_dataset")
"""The assets that are partitioned by batch, in the order of the pipeline."""


def build_assets(project: Project) -> list[dg.AssetsDefinition]:
    """Return every asset of the graph, in the order of the pipeline, with its code version."""
    partitions = project.batches.definition()
    assets = [
        raw_papers.build(project, partitions),
        chunks.build(project, partitions),
        summaries.build(project, partitions),
        raw_extractions.build(project, partitions),
        validated_extractions.build(project, partitions),
        hf_dataset.build(project, partitions),
        dataset_card.build(project),
    ]
    versions = project.code_versions
    return [
        asset.map_asset_specs(
            lambda spec: spec.replace_attributes(code_version=versions[spec.key.to_user_string()])
        )
        for asset in assets
    ]
