"""Agreement of overlaps as Dagster shows it: numbers for its plots, and a table with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import dagster as dg

from relgen_assets.evaluation.agreement import Kind, Shared
from relgen_assets.evaluation.agreement_counts import (
    IS_REPEATED,
    REPEATS,
    Agreement,
    agreement_counts,
    agreements,
    overall,
)
from relgen_assets.evaluation.intervals import Interval

_SHARES: Final[dict[str, tuple[Kind, str, str]]] = {
    "names_repeats": ("names", REPEATS, "Names of its neighbours that it says too, in per cent."),
    "names_is_repeated": ("names", IS_REPEATED, "Its names that neighbours say too."),
    "relations_repeats": ("relations", REPEATS, "Relations of its neighbours that it says too."),
    "relations_is_repeated": ("relations", IS_REPEATED, "Its relations that neighbours say too."),
}
_SCHEMA: Final = dg.TableSchema(
    columns=[
        dg.TableColumn("of", type="string", description="What tells these answers from others."),
        dg.TableColumn("value", type="string", description="Which."),
        dg.TableColumn("articles", type="int", description="Articles with shared text."),
        *(
            dg.TableColumn(name, type="string", description=f"{description} With 95 % interval.")
            for name, (_, _, description) in _SHARES.items()
        ),
    ]
)


def agreement_metadata(shared: Sequence[Shared]) -> dict[str, Any]:
    """Return metadata of what answers agree on; nothing where no two answers share a text."""
    if not shared:
        return {}
    names, relations = overall(shared, "names"), overall(shared, "relations")
    numbers = {
        f"overlaps_agree_on_{kind}": found.value
        for kind, found in (("names", names), ("relations", relations))
        if found.value is not None
    }
    table = agreement_table(agreements(agreement_counts(shared)))
    return {"overlaps": len(shared), **numbers, "overlaps_agree": table}


def agreement_table(found: Sequence[Agreement]) -> dg.TableMetadataValue:
    """Return the agreement of each model, endpoint, prompt and mode as a table."""
    return dg.MetadataValue.table([_record(one) for one in found], schema=_SCHEMA)


def _record(one: Agreement) -> dg.TableRecord:
    articles = max(interval.units for interval in one.shares.values())
    shares = {name: _shown(one.share(kind, way)) for name, (kind, way, _) in _SHARES.items()}
    return dg.TableRecord({"of": one.dimension, "value": one.value, "articles": articles, **shares})


def _shown(interval: Interval) -> str:
    return "-" if interval.value is None else str(interval)
