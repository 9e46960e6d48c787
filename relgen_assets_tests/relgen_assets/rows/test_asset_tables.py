"""Every table of the graph is defined once, by an entry that names its asset and its row class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relgen_assets.rows import models
from relgen_assets.rows.asset_tables import STORED_TABLES, AssetTable
from resources.parquet_io_manager import ParquetIOManager


@pytest.mark.parametrize("table", STORED_TABLES, ids=lambda table: table.asset)
def test_a_table_without_rows_is_stored_and_read_with_its_columns(
    table: AssetTable[Any], tmp_path: Path
) -> None:
    store = ParquetIOManager(base_path=str(tmp_path))
    store.write(table.table([]), table.asset, "batch")
    assert store.read(table.asset, "batch").schema.names == list(table.row.model_fields)
    assert table.read(store, "batch") == []
    assert table.schema.names == list(table.row.model_fields)


def test_no_asset_and_no_row_class_is_named_twice() -> None:
    assert len({table.asset for table in STORED_TABLES}) == len(STORED_TABLES)
    assert len({table.row for table in STORED_TABLES}) == len(STORED_TABLES)


def test_the_row_classes_that_no_table_holds_are_parts_of_others() -> None:
    stored = {table.row for table in STORED_TABLES}
    parts = {
        models.Relation,
        models.Extraction,
        models.ChatMessage,
        models.ControlToken,
        models.Span,
        models.EntityGrounding,
        models.RelationEvidence,
        models.EntityList,
    }
    bases = {models.TableRow, models.GeneratedRow}
    defined = {
        one
        for one in vars(models).values()
        if isinstance(one, type) and issubclass(one, models.TableRow)
    }
    assert defined == stored | parts | bases
