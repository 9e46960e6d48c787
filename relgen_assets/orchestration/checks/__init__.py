"""Asset checks: what every partition has to satisfy, one step for each asset.

`step` runs the checks of an asset together, `views` reads their data. `batch` turns the
invariants of `integrity` into checks of tables, and `dataset` checks the finished folder.
`reconciliation` and `lineage` compare the two: nothing may be lost or mixed up in between.
`provenance` warns of batches that were made in different ways, or in another way than now.
"""

from __future__ import annotations

import dagster as dg

from relgen_assets.orchestration.checks.batch import build_table_checks
from relgen_assets.orchestration.checks.dataset import build_dataset_checks
from relgen_assets.orchestration.project import Project


def build_checks(project: Project) -> list[dg.AssetChecksDefinition]:
    """Return every check of the graph."""
    partitions = project.batches.definition()
    return [
        *build_table_checks(project.settings, partitions),
        *build_dataset_checks(project, partitions),
    ]
