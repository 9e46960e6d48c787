"""Which batches a command makes: all that were named, those that are missing, or stale."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from relgen_assets.batching.plan import Change, Plan
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import missing_batches
from relgen_assets.orchestration.staleness import stale_batches
from relgen_assets.settings import BatchSettings
from resources.parquet_io_manager import ParquetIOManager


def chosen_batches(
    project: Project,
    instance: dg.DagsterInstance,
    tables: ParquetIOManager,
    keys: Sequence[str],
    *,
    missing: bool,
    stale: bool,
) -> list[str]:
    """Return the batches to make, in order: all, or only those that a reason is given for.

    Args:
        project: The opened project.
        instance: The instance that recorded the runs.
        tables: Where the tables are stored.
        keys: Partition keys of the batches to choose from.
        missing: Those whose usable extractions are not all in the dataset, whose latest run did not
            succeed, or of which the settings want what the source says now.
        stale: Those that were made under other settings, prompts or rules than those of now.

    Raises:
        DatasetError: A file of the dataset is not a shard.
        StorageError: A folder cannot be listed.
    """
    if not missing and not stale:
        return list(keys)
    wanted: set[str] = set()
    if missing:
        dataset = project.settings.storage.dataset
        wanted |= {*missing_batches(instance, tables, dataset, keys)}
        wanted |= wanted_anew(project.batches.plan, project.settings.batches)
    if stale:
        begun = [key for key in keys if key in project.batches.plan.begun]
        wanted |= stale_batches(instance, project.code_versions, begun).keys()
    return [key for key in keys if key in wanted]


def wanted_anew(plan: Plan, own: BatchSettings) -> set[str]:
    """Return the batches of which the settings want what the source says now."""
    return {key for key, place in plan.changed() if follows(place.change, own)}


def follows(change: Change | None, own: BatchSettings) -> bool:
    """Return whether a batch follows a change of the source when it is made again."""
    return {"edited": own.edited == "redo", "withdrawn": own.withdrawn == "remove"}.get(
        change or "", False
    )
