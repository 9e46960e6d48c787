"""Whether a dataset is fit for release, and what a project's releases are made of.

A release says under which settings, prompts and rules all its rows were made, and can be made again
under them. So a batch that was made under others has to be made again first, which asks only what
is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import dagster as dg
import pyarrow as pa

from relgen_assets.domain_errors import ActionableError, ChecksFailed, DatasetError
from relgen_assets.export.batch_facts import BatchFacts
from relgen_assets.export.configs import DatasetConfig
from relgen_assets.export.examples import FullExample
from relgen_assets.export.shard_writing import config_table
from relgen_assets.export.shards import find_shards, shard_places
from relgen_assets.export.splits import Split, split_of
from relgen_assets.extraction.version import judged_by, validator
from relgen_assets.integrity import duplicates
from relgen_assets.orchestration.check_runs import CheckOutcome, CheckRuns, NotChecked
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.recorded_checks import recorded_outcomes
from relgen_assets.orchestration.renewed_card import renew_card
from relgen_assets.orchestration.staleness import stale_batches
from relgen_assets.release.contents import Tables
from relgen_assets.release.making import ReleaseOrder, write_release
from relgen_assets.release.manifest import Manifest
from relgen_assets.release.places import move_into_place, same_release, staged
from relgen_assets.rows.asset_tables import RAW_PAPERS
from resources.progress import BOARD

_PACKAGE = "relgen-assets"
_SHOWN = 5
_SHOWN_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Release:
    """A release in its place.

    Attributes:
        folder: Where it is.
        manifest: What it holds.
        is_new: Whether it was made now; otherwise the same release was there already.
    """

    folder: Path
    manifest: Manifest
    is_new: bool


def release_order(project: Project, tables: Tables, *, every_row: bool) -> ReleaseOrder:
    """Return what a release of a project is made of.

    Args:
        project: The opened project.
        tables: The stored tables of the batches.
        every_row: Keep rows that may not be published.
    """
    shaping, judging = project.shaping, project.settings.judging

    def table(config: DatasetConfig, rows: Sequence[FullExample], batch: BatchFacts) -> pa.Table:
        return config_table(config, rows, shaping, batch)

    def regrouped(batches: Sequence[str]) -> dict[str, Split]:
        shares = project.settings.dataset
        keys = duplicates.common_split_keys(
            tables.read(RAW_PAPERS.asset, batch, duplicates.COLUMNS) for batch in batches
        )
        return {
            article: split_of(
                key,
                validation_percent=shares.validation_percent,
                test_percent=shares.test_percent,
            )
            for article, key in keys.items()
        }

    return ReleaseOrder(
        tables=tables,
        regrouped=regrouped,
        to_table=table,
        write_card=lambda folder: renew_card(project, folder).text,
        relgen=version(_PACKAGE),
        rules=judged_by(validator(project.settings.judging_policy), asks_model=judging.asks_model),
        every_row=every_row,
    )


def make_release(order: ReleaseOrder, dataset: str, parent: Path, name: str | None) -> Release:
    """Write a release of a dataset folder and move it into place.

    Args:
        order: What it is made of.
        dataset: The dataset folder.
        parent: Folder that the release goes into.
        name: Its name there; by default its version, which follows from its content. The same
            content is then not kept twice.

    Raises:
        DatasetError: A shard cannot be read or changed meanwhile, or no row may be released.
        StorageError: A table is missing, or a file cannot be written.
    """
    shards = find_shards(dataset)
    with staged(parent) as staging:
        manifest = write_release(order, shards, staging)
        if find_shards(dataset) != shards:
            raise DatasetError(
                "the dataset changed while the release was made.",
                where=dataset,
                remedy="Wait until no run works on it, and make the release again.",
            )
        if name is None and (there := same_release(parent, manifest)) is not None:
            return Release(there, manifest, is_new=False)
        target = parent / (name or manifest.version)
        return Release(target, manifest, move_into_place(staging, target))


def require_batches(project: Project) -> list[str]:
    """Return the batches that the dataset holds, all of which belong to the project's source.

    Raises:
        DatasetError: There is no batch, or one that the settings do not know.
        StorageError: A folder cannot be listed.
    """
    dataset = project.settings.storage.dataset
    batches = sorted({partition for _, _, partition in shard_places(dataset)})
    if not batches:
        raise DatasetError(
            "the dataset holds no rows yet.", where=dataset, remedy="Make batches: relgen run"
        )
    foreign = sorted(set(batches) - set(project.batches.keys))
    if foreign:
        raise DatasetError(
            f"the dataset holds batches that the settings do not name: {_some(foreign)}.",
            where=dataset,
            remedy="Give source and batches the settings they were made under, or remove them:"
            f" relgen drop {foreign[0]}",
        )
    return batches


def require_current(instance: dg.DagsterInstance, project: Project, batches: Sequence[str]) -> None:
    """Refuse batches that were made under other settings, prompts or rules than those of now.

    Raises:
        DatasetError: There are such batches; the message names the first of them.
    """
    stale = stale_batches(instance, project.code_versions, batches)
    if stale:
        raise DatasetError(
            f"{len(stale)} of {len(batches)} batches were made under other settings, prompts or"
            f" rules than those of now: {_some(list(stale))}.",
            remedy="Make them again, which asks only what is not known: relgen run",
        )


def require_green(runs: CheckRuns, batches: Sequence[str]) -> None:
    """Refuse a dataset if a check fails or cannot run; warnings pass, since a person judges them.

    The checks over all batches are run now, every row among them. Those of a batch are run unless
    a run has recorded, after its tables were made, that they are green.

    Raises:
        ChecksFailed: A check of error severity failed, or some could not run.
    """
    recorded = recorded_outcomes(runs.definitions, runs.instance, batches)
    faults: list[str] = []
    with BOARD.begin("checked batches", len(batches)) as task:
        for key in batches:
            known = recorded.get(key)
            if known is None or any(map(_faults, known)):
                faults += [line for one in runs.batch(key) for line in _faults(one)]
            task.advance()
        faults += [line for one in runs.over_all() for line in _faults(one)]
    if faults:
        more = f"\n  and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise ChecksFailed(
            "the checks are not green, so there is no release:"
            + "".join(f"\n  {line[:_SHOWN_CHARACTERS]}" for line in faults[:_SHOWN])
            + f"{more}\n ",
            remedy="All about them: relgen check",
        )


def _faults(one: CheckOutcome | NotChecked) -> list[str]:
    """Return what keeps a release from being made, in a line."""
    place = f" ({one.partition})" if one.partition else ""
    if isinstance(one, NotChecked):
        fault: ActionableError = one.fault
        return [f"not checked: {len(one.checks)}{place}: {fault}"]
    if one.passed or not one.is_error:
        return []
    said = ", ".join(f"{name} {value}" for name, value in one.details.items() if value)
    return [f"{one.asset}.{one.name}{place}: {said}"]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
