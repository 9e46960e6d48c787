"""The energy spent on batches, from what their materialisations recorded.

Every materialisation of a generated asset records the energy of its own requests. Their sum is what
was spent, however often a batch was run. Failed runs are not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import dagster as dg

from relgen_assets.rows.asset_tables import RAW_EXTRACTIONS, SECOND_OPINIONS, SUMMARIES

KWH = "kwh"
"""Name of the metadata that holds the energy of one materialisation."""
EXAMPLES = 1_000
"""Energy is also given for this number of examples."""
GENERATED = (SUMMARIES.asset, RAW_EXTRACTIONS.asset, SECOND_OPINIONS.asset)
"""The assets that send requests to servers, those of all settings."""
_KEYS_AT_ONCE = 200
_PAGE = 1_000


def spent_kwh(instance: dg.DagsterInstance, keys: Sequence[str]) -> float:
    """Return the kilowatt-hours spent on batches; 0 if no endpoint has `watts`.

    Args:
        instance: The instance that recorded the runs.
        keys: Partition keys of the batches.
    """
    return sum(
        _recorded(materialization)
        for asset in GENERATED
        for start in range(0, len(keys), _KEYS_AT_ONCE)
        for materialization in _fetch(instance, asset, keys[start : start + _KEYS_AT_ONCE])
    )


def kwh_per_examples(kwh: float, examples: int) -> float | None:
    """Return the energy of `EXAMPLES` examples, or `None` if there are none."""
    return kwh / examples * EXAMPLES if examples else None


def _fetch(
    instance: dg.DagsterInstance, asset: str, keys: Sequence[str]
) -> Iterator[dg.AssetMaterialization]:
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=list(keys))
    cursor: str | None = None
    while True:
        page = instance.fetch_materializations(wanted, limit=_PAGE, cursor=cursor)
        for record in page.records:
            if record.asset_materialization is not None:
                yield record.asset_materialization
        if not page.has_more:
            return
        cursor = page.cursor


def _recorded(materialization: dg.AssetMaterialization) -> float:
    found = materialization.metadata.get(KWH)
    return (found.value or 0.0) if isinstance(found, dg.FloatMetadataValue) else 0.0
