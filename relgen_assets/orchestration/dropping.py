"""Dropping a batch: its shards and tables go, the card follows, the answers in the ledger stay.

Open-source Dagster cannot remove the materialisations of one partition. The batch is marked
instead: a last event with Dagster's data version of absent data makes each asset "missing", as if
it had never been made, until it is materialised again. Bars that only count events still count it.
Past runs stay in the history.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import dagster as dg

from relgen_assets.domain_errors import BatchInUse
from relgen_assets.export.card import CardReport
from relgen_assets.export.shard_writing import remove_shards
from relgen_assets.export.shards import shard_places
from relgen_assets.orchestration.assets import batch_assets
from relgen_assets.orchestration.assets.exclusive import lease_title
from relgen_assets.orchestration.energy import GENERATED
from relgen_assets.orchestration.partitions import PARTITION_TAG, Batches
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.renewed_card import renew_card
from relgen_assets.rows.asset_tables import STORED_TABLES
from resources.generation_ledger.ledger import GenerationLedger
from resources.parquet_io_manager import ParquetIOManager

_ABSENT: Final = {"dagster/data_version": "NULL"}
"""The data version by which Dagster knows that there is no data."""
_ACTIVE: Final = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was removed of a batch.

    Attributes:
        tables: Assets whose table was removed, in the order of the pipeline.
        shards: Number of removed shards.
        card: The card of what is left.
    """

    batch: str
    tables: list[str]
    shards: int
    card: CardReport


def stored_batches(store: ParquetIOManager, root: str) -> set[str]:
    """Return the batches of which a table or a shard exists, also those of former settings."""
    tables = {key for table in STORED_TABLES for key in store.partitions(table.asset)}
    return tables | {key for _, _, key in shard_places(root)}


def drop_batch(
    project: Project,
    key: str,
    *,
    store: ParquetIOManager,
    ledger: GenerationLedger,
    instance: dg.DagsterInstance,
    run_id: str,
) -> Dropped:
    """Mark the assets of a batch as missing, remove its shards and tables, and renew the card.

    The first table goes last: a drop that is interrupted leaves an unfinished batch, which can be
    dropped again or finished.

    Args:
        project: The opened project.
        key: Partition key of the batch.
        store: Where the tables are stored.
        ledger: The ledger; runs that generate hold its leases.
        instance: The instance that recorded the runs.
        run_id: The run that drops; the only one that may be active on this batch.

    Raises:
        ConfigurationError: There is no such batch, neither in the settings nor in storage.
        BatchInUse: A run is working on the batch, or queued for it.
        StorageError: A file cannot be removed.
    """
    root = project.settings.storage.dataset
    _refuse_unknown(project.batches, key, stored_batches(store, root))
    _refuse_active(instance, key, run_id)
    with _alone(ledger, key):
        _mark_as_missing(instance, key, batch_assets(project.settings))
        shards = remove_shards(root, key)
        card = renew_card(project)
        tables = [one.asset for one in reversed(STORED_TABLES) if store.remove(one.asset, key)]
        project.planner.manifests.drop(key)
    return Dropped(key, tables[::-1], len(shards), card)


def _refuse_unknown(batches: Batches, key: str, stored: set[str]) -> None:
    if key not in stored:
        batches.require(key)


def _refuse_active(instance: dg.DagsterInstance, key: str, run_id: str) -> None:
    of_batch = dg.RunsFilter(tags={PARTITION_TAG: key}, statuses=_ACTIVE)
    others = [run for run in instance.get_runs(of_batch) if run.run_id != run_id]
    if others:
        run = others[0]
        raise BatchInUse(
            f"the run {run.run_id} of {run.job_name} is {run.status.value.lower()}.",
            where=key,
            remedy="Wait for it to end or cancel it, then drop the batch.",
        )


def _mark_as_missing(instance: dg.DagsterInstance, key: str, assets: Sequence[str]) -> None:
    for asset in assets:
        dropped = dg.AssetMaterialization(
            asset,
            partition=key,
            metadata={"dropped": "Nothing is stored. Materialise it again, or leave it out."},
            tags=_ABSENT,
        )
        instance.report_runless_asset_event(dropped)


@contextmanager
def _alone(ledger: GenerationLedger, key: str) -> Iterator[None]:
    """Hold the leases of the batch, so that no run generates for it meanwhile."""
    with ExitStack() as leases:
        for asset in GENERATED:
            leases.enter_context(ledger.lease(lease_title(asset, key), wait_seconds=0))
        yield
