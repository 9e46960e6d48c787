"""Which batches were made under other settings, prompts or rules than those of now.

Dagster's UI tells the same, batch by batch. Here all batches are compared at once, for the command
line and for the check of the card.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import dagster as dg

from relgen_assets.orchestration.versions import CODE_VERSION_TAG, DATASET_CARD

_AT_ONCE = 200


def stale_batches(
    instance: dg.DagsterInstance, versions: Mapping[str, str], keys: Collection[str]
) -> dict[str, list[str]]:
    """Return the assets of each batch that were made under another code version than now.

    What depends on such an asset is out of date with it and not listed. A batch that was made
    before code versions were recorded is stale as a whole.

    Args:
        instance: The instance that recorded the runs.
        versions: The code versions of now, by asset, in the order of the pipeline.
        keys: Partition keys of the batches to look at; those never made are not stale.

    Returns:
        The names of the assets in the order of the pipeline, by batch, without fresh batches.
    """
    stale: dict[str, list[str]] = {}
    for asset, version in versions.items():
        if asset == DATASET_CARD:  # of all batches together
            continue
        for key, made in latest_materializations(instance, asset, keys):
            if (made.tags or {}).get(CODE_VERSION_TAG) != version:
                stale.setdefault(key, []).append(asset)
    return dict(sorted(stale.items()))


def latest_materializations(
    instance: dg.DagsterInstance, asset: str, keys: Collection[str]
) -> Iterator[tuple[str, dg.AssetMaterialization]]:
    """Yield the latest materialisation of each batch that has one.

    Args:
        instance: The instance that recorded the runs.
        asset: Name of the asset.
        keys: Partition keys of the batches.
    """
    for record in latest_records(instance, asset, keys):
        if record.partition_key is not None and record.asset_materialization is not None:
            yield record.partition_key, record.asset_materialization


def latest_records(
    instance: dg.DagsterInstance, asset: str, keys: Collection[str]
) -> Iterator[dg.EventLogRecord]:
    """Yield the record of the latest materialisation of each batch that has one.

    Args:
        instance: The instance that recorded the runs.
        asset: Name of the asset.
        keys: Partition keys of the batches.
    """
    if not keys:
        return
    # Dagster keeps the latest event of each batch at hand, but reads events only by their number.
    latest = instance.event_log_storage.get_latest_storage_id_by_partition(
        dg.AssetKey(asset), dg.DagsterEventType.ASSET_MATERIALIZATION, set(keys)
    )
    numbers = list(latest.values())
    for start in range(0, len(numbers), _AT_ONCE):
        wanted = dg.AssetRecordsFilter(
            dg.AssetKey(asset), storage_ids=numbers[start : start + _AT_ONCE]
        )
        yield from instance.fetch_materializations(wanted, limit=_AT_ONCE).records
