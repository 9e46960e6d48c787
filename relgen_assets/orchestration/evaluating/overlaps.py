"""Missing and inventing of each endpoint, from the shared texts of what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relgen_assets.evaluation.agreement import Shared, shared_texts
from relgen_assets.evaluation.separation import repeats_between, separated
from relgen_assets.integrity.overview import StoredTables
from relgen_assets.orchestration.evaluating.needles import BATCHES
from relgen_assets.rows.asset_tables import CHUNKS, RAW_EXTRACTIONS, VALIDATED_EXTRACTIONS


def shared_in(tables: StoredTables) -> list[Shared]:
    """Return the shared texts of the stored batches, of the first `BATCHES` of them.

    Raises:
        StorageError: A table cannot be read.
    """
    found: list[Shared] = []
    for batch in tables.partitions(VALIDATED_EXTRACTIONS.asset)[:BATCHES]:
        if all(tables.exists(one.asset, batch) for one in (CHUNKS, RAW_EXTRACTIONS)):
            found += shared_texts(
                CHUNKS.rows(tables.read(CHUNKS.asset, batch)),
                RAW_EXTRACTIONS.rows(tables.read(RAW_EXTRACTIONS.asset, batch)),
                VALIDATED_EXTRACTIONS.rows(tables.read(VALIDATED_EXTRACTIONS.asset, batch)),
            )
    return found


def rates_metadata(tables: StoredTables, found_needles: Mapping[str, float]) -> dict[str, Any]:
    """Return metadata: the shares of names that each endpoint misses and makes up, as estimated.

    Nothing where no two answers share a text.

    Args:
        tables: The stored tables.
        found_needles: The share of invented names that came back, by endpoint; it settles the
            level. Without any, the endpoint that invents least is taken to invent nothing.

    Raises:
        StorageError: A table cannot be read.
    """
    repeats = repeats_between(shared_in(tables), "endpoint", "names")
    if not repeats:
        return {}
    fit = separated(repeats, found_needles)
    return {
        "level_from": "needles" if any(found_needles.values()) else "endpoint that invents least",
        "estimated_missing": {name: _rest(value) for name, value in fit.recall.items()},
        "estimated_inventing": {name: _rest(value) for name, value in fit.truth.items()},
    }


def _rest(share: float) -> float:
    """Return what is left to 1; an estimate of a share may lie a little beyond it."""
    return min(1.0, max(0.0, 1 - share))
