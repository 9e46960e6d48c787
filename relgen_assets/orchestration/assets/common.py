"""What the assets share: their options, tables with previews, and the refusal of bad partitions.

Nothing here knows what a particular asset computes.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict, TypeVar

import dagster as dg
import pyarrow as pa
from pydantic import BaseModel

from relgen_assets.domain_errors import PartitionRefused
from relgen_assets.orchestration.shaped_by import MADE_UNDER
from relgen_assets.orchestration.versions import CODE_VERSION_TAG, data_version
from relgen_assets.rows.arrow import arrow_schema
from relgen_assets.rows.asset_tables import AssetTable
from relgen_assets.rows.column_sources import COLUMN_SOURCES, Source
from relgen_assets.rows.models import TableRow
from relgen_assets.rows.previews import column_of, preview_values

RowT = TypeVar("RowT", bound=TableRow)

GROUP = "relgen"
OWNERS = ["team:relgen"]
FEWEST_ROWS_TO_REFUSE = 5
"""With fewer rows a share means little: one bad article in a small last batch does not prove that
the source was misread."""

_PREVIEW_ROWS = 5


class AssetOptions(TypedDict):
    """Keyword arguments that every partitioned asset passes to `dagster.asset`."""

    partitions_def: dg.PartitionsDefinition[str]
    group_name: str
    owners: list[str]
    kinds: set[str]
    metadata: Mapping[str, Any]


def batch_options(
    partitions: dg.PartitionsDefinition[str], model: type[BaseModel], *kinds: str
) -> AssetOptions:
    """Return the options of an asset whose rows are `model`, with its column schema."""
    return AssetOptions(
        partitions_def=partitions,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"python", *kinds},
        metadata={"dagster/column_schema": column_schema(model)},
    )


def column_schema(model: type[BaseModel]) -> dg.TableSchema:
    """Return the columns of a row class as Dagster shows them, each with where it comes from."""
    sources = COLUMN_SOURCES[model.__name__]
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=field.name,
                type=str(field.type) if not pa.types.is_nested(field.type) else _short(field.type),
                description=_described(field, sources.get(field.name, ())),
                constraints=dg.TableColumnConstraints(nullable=field.nullable),
            )
            for field in arrow_schema(model)
        ]
    )


def table_output(
    rows: Sequence[RowT],
    table: AssetTable[RowT],
    notes: Mapping[str, str] | None = None,
    *,
    made_under: str,
    **metadata: Any,
) -> dg.Output[pa.Table]:
    """Return rows as the output of an asset, with row count, preview and further metadata.

    Its data version follows from the rows: a batch made again with the same rows leaves what
    depends on it fresh.

    Args:
        rows: The rows.
        table: Their table.
        notes: Facts to store in the file itself, for checks of what is stored.
        made_under: The code version; another than the project's where the run replaces settings.
        **metadata: Further metadata for the UI.
    """
    stored = table.table(rows)
    with warnings.catch_warnings():
        # Data versions of outputs are a beta feature of Dagster; relied on knowingly.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return dg.Output(
            stored.replace_schema_metadata({**(notes or {}), MADE_UNDER: made_under}),
            data_version=data_version(rows),
            tags={CODE_VERSION_TAG: made_under},
            metadata={
                "dagster/row_count": len(rows),
                "preview": preview(rows, table.row),
                "dagster/column_lineage": column_lineage(table.row),
                **metadata,
            },
        )


def preview(rows: Sequence[TableRow], model: type[TableRow]) -> dg.TableMetadataValue:
    """Return the first rows as a table for the UI: what matters of each, long values shortened."""
    columns = {column.name: column for column in column_schema(model).columns}
    shown = [
        dg.TableColumn(title, type=columns[name].type, description=columns[name].description)
        for title, name in map(column_of, model.preview)
    ]
    return dg.MetadataValue.table(
        [dg.TableRecord(preview_values(row)) for row in rows[:_PREVIEW_ROWS]],
        schema=dg.TableSchema(columns=shown),
    )


def column_lineage(model: type[BaseModel]) -> dg.TableColumnLineage:
    """Return where the columns of a row class come from, as Dagster records it."""
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(dg.AssetKey(other), name) for other, name in sources]
            for column, sources in COLUMN_SOURCES[model.__name__].items()
        }
    )


def tally(values: Iterable[str | None]) -> dict[str, int]:
    """Count the values, most frequent first, without `None`; for metadata such as reasons."""
    return dict(Counter(value for value in values if value is not None).most_common())


def refuse_above(threshold: float, *, bad: int, total: int, what: str, partition: str) -> None:
    """Refuse to write a partition with too many bad rows.

    Args:
        threshold: Largest tolerated share of bad rows, 0 to 1.
        bad: Number of bad rows.
        total: Number of all rows; a partition with very few is never refused.
        what: What the bad rows are, for the message.
        partition: The partition concerned.

    Raises:
        PartitionRefused: The share of bad rows is above the threshold.
    """
    if total >= FEWEST_ROWS_TO_REFUSE and bad / total > threshold:
        raise PartitionRefused(
            f"{bad} of {total} rows are {what}, above the threshold of {threshold:.0%};"
            " nothing was written.",
            where=partition,
            remedy="Look at the reasons logged above; finished generations are kept in the ledger.",
        )


def _described(field: pa.Field, sources: Sequence[Source]) -> str | None:
    description = (field.metadata or {}).get(b"description", b"").decode()
    origin = ", ".join(f"{asset}.{column}" for asset, column in sources)
    return f"{description} From {origin}." if origin else description or None


def _short(arrow_type: pa.DataType) -> str:
    if pa.types.is_list(arrow_type):
        return f"list<{_short(arrow_type.value_type)}>"
    return "struct" if pa.types.is_struct(arrow_type) else str(arrow_type)
