"""Asset checks: what every partition has to satisfy, wired from `integrity.invariants`.

`batch` turns invariants into partitioned checks, `dataset` looks at the finished folder,
`conservation` and `faithfulness` at both: nothing may be lost or mixed up in between.
"""

from __future__ import annotations

import warnings

import dagster as dg

from relgen_assets.orchestration.checks.batch import build_batch_checks
from relgen_assets.orchestration.checks.dataset import build_dataset_checks
from relgen_assets.orchestration.project import Project


def build_checks(project: Project) -> list[dg.AssetChecksDefinition]:
    """Return every check of the graph."""
    partitions = project.batches.definition()
    with warnings.catch_warnings():
        # Partitioned checks are a preview feature of Dagster; the graph relies on them knowingly.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return [
            *build_batch_checks(project.settings, partitions),
            *build_dataset_checks(project, partitions),
        ]
