"""Which asset stores which rows: one entry for every asset that is stored as a table.

Assets, checks and everything that reads a stored table take the row class from here. The classes
themselves are in `models`; where and how tables are stored belongs to `resources`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

import pyarrow as pa

from relgen_assets.rows.arrow import arrow_schema, from_table, to_table
from relgen_assets.rows.models import (
    Chunk,
    Paper,
    RawExtraction,
    SecondOpinion,
    Summary,
    TableRow,
    ValidatedExtraction,
)

RowT = TypeVar("RowT", bound=TableRow)


class TableStore(Protocol):
    """A store of tables, such as the IO manager of the graph."""

    def read(self, asset: str, partition: str | None = None) -> pa.Table:
        """Return the table of an asset, or of one partition of it."""


@dataclass(frozen=True, slots=True)
class AssetTable(Generic[RowT]):
    """The table an asset stores for each batch.

    Attributes:
        asset: Name of the asset.
        row: Class of its rows.
    """

    asset: str
    row: type[RowT]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the table."""
        return arrow_schema(self.row)

    def table(self, rows: Iterable[RowT]) -> pa.Table:
        """Return rows as the table to store."""
        return to_table(rows, self.row)

    def rows(self, table: pa.Table) -> list[RowT]:
        """Return the rows of a stored table, each validated.

        Raises:
            pydantic.ValidationError: The table does not contain such rows.
        """
        return from_table(table, self.row)

    def read(self, store: TableStore, partition: str) -> list[RowT]:
        """Return the stored rows of one batch."""
        return self.rows(store.read(self.asset, partition))


RAW_PAPERS: Final = AssetTable("raw_papers", Paper)
CHUNKS: Final = AssetTable("chunks", Chunk)
SUMMARIES: Final = AssetTable("summaries", Summary)
RAW_EXTRACTIONS: Final = AssetTable("raw_extractions", RawExtraction)
SECOND_OPINIONS: Final = AssetTable("second_opinions", SecondOpinion)
"""Part of the graph only where the settings ask for second opinions."""
VALIDATED_EXTRACTIONS: Final = AssetTable("validated_extractions", ValidatedExtraction)

CHUNK_LIMIT: Final = "max_chunks_per_article"
"""Metadata of a stored table of chunks: the limit on chunks that its run set for itself."""

ASSET_TABLES: Final[tuple[AssetTable[Any], ...]] = (
    RAW_PAPERS,
    CHUNKS,
    SUMMARIES,
    RAW_EXTRACTIONS,
    VALIDATED_EXTRACTIONS,
)
"""Those of every project, in the order of the pipeline."""
STORED_TABLES: Final[tuple[AssetTable[Any], ...]] = (*ASSET_TABLES, SECOND_OPINIONS)
"""All that a project may have stored, under these settings or under earlier ones."""
