"""One parquet file per asset and partition; tables in, tables out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dagster import (
    AssetKey,
    AssetSelection,
    ExecuteInProcessResult,
    StaticPartitionsDefinition,
    asset,
    materialize,
)

from resources.errors import StorageError
from resources.parquet_io_manager import ParquetIOManager

BATCHES = StaticPartitionsDefinition(["papers-00000", "papers-00001"])
SCHEMA = pa.schema(
    [pa.field("id", pa.string(), nullable=False), pa.field("names", pa.list_(pa.string()))],
    metadata={"origin": "test"},
)


@asset(partitions_def=BATCHES)
def numbers() -> pa.Table:
    return pa.Table.from_pylist([{"id": "a", "names": ["x", "y"]}], schema=SCHEMA)


@asset(partitions_def=BATCHES)
def none_left(numbers: pa.Table) -> pa.Table:
    return numbers.slice(0, 0)


@asset
def whole() -> pa.Table:
    return pa.table({"n": [1, 2, 3]})


@asset
def doubled(whole: pa.Table) -> pa.Table:
    return pa.concat_tables([whole, whole])


@asset
def wrong() -> dict[str, int]:
    return {"n": 1}


def run(*assets: Any, base: str, partition: str | None = None, **options: Any) -> Any:
    manager = ParquetIOManager(base_path=base)
    return materialize(
        list(assets), resources={"io_manager": manager}, partition_key=partition, **options
    )


def failure_of(result: ExecuteInProcessResult, step: str) -> str:
    """Return the description of a failed step, as Dagster's UI shows it."""
    (event,) = (e for e in result.all_node_events if e.is_step_failure and e.step_key == step)
    error = event.step_failure_data.error
    assert error is not None
    return error.to_string()


@pytest.mark.parametrize("place", ["folder", "memory"])
def test_a_partition_is_one_file(place: str, tmp_path: Path) -> None:
    base = str(tmp_path / "data") if place == "folder" else "memory://io-manager-test"
    manager = ParquetIOManager(base_path=base)
    result = run(numbers, none_left, base=base, partition="papers-00001")
    assert result.success
    assert manager.path_for("numbers", "papers-00001") == f"{base}/numbers/papers-00001.parquet"
    assert manager.partitions("numbers") == ["papers-00001"]
    assert manager.read("numbers", "papers-00001").to_pylist() == [{"id": "a", "names": ["x", "y"]}]


def test_a_table_without_rows_keeps_its_schema(tmp_path: Path) -> None:
    run(numbers, none_left, base=str(tmp_path), partition="papers-00000")
    table = ParquetIOManager(base_path=str(tmp_path)).read("none_left", "papers-00000")
    assert table.num_rows == 0
    assert table.schema.equals(SCHEMA)
    assert table.schema.metadata == SCHEMA.metadata


def test_assets_without_partitions_are_one_file(tmp_path: Path) -> None:
    assert run(whole, doubled, base=str(tmp_path)).success
    assert pq.read_table(tmp_path / "doubled.parquet").num_rows == 6


def test_the_materialisation_tells_path_rows_and_bytes(tmp_path: Path) -> None:
    result = run(whole, base=str(tmp_path))
    metadata = result.asset_materializations_for_node("whole")[0].metadata
    path = tmp_path / "whole.parquet"
    assert metadata["path"].value == str(path)
    assert metadata["dagster/row_count"].value == 3
    assert metadata["bytes"].value == path.stat().st_size


def test_keys_become_safe_file_names_and_come_back() -> None:
    manager = ParquetIOManager(base_path="memory://io-manager-keys")
    assert manager.path_for(AssetKey(["a", "b"])) == "memory://io-manager-keys/a/b.parquet"
    keys = ["../up", "a|b", "naïve key", "100%"]
    for key in keys:
        manager.write(pa.table({"n": [1]}), "t", key)
    assert manager.partitions("t") == sorted(keys)
    assert all("/t/" in manager.path_for("t", key) for key in keys)


def test_anything_but_a_table_is_refused(tmp_path: Path) -> None:
    result = run(wrong, base=str(tmp_path), raise_on_error=False)
    assert not result.success
    message = failure_of(result, "wrong")
    assert "asset wrong returned dict, not pyarrow.Table" in message
    assert list(tmp_path.iterdir()) == []


def test_a_missing_partition_says_what_to_materialise_first(tmp_path: Path) -> None:
    result = run(
        numbers,
        none_left,
        base=str(tmp_path),
        partition="papers-00000",
        selection=AssetSelection.assets("none_left"),
        raise_on_error=False,
    )
    message = failure_of(result, "none_left")
    assert "Materialise asset numbers, partition papers-00000 first." in message
    assert str(tmp_path / "numbers" / "papers-00000.parquet") in message


def test_a_column_that_a_table_is_too_old_for_is_no_damage(tmp_path: Path) -> None:
    manager = ParquetIOManager(base_path=str(tmp_path))
    manager.write(pa.table({"id": ["a"]}), "chunks", "batch-0")
    with pytest.raises(
        StorageError, match=r"another version of the project: .* column tokens"
    ) as caught:
        manager.read("chunks", "batch-0", ["id", "tokens"])
    assert "Materialise asset chunks, partition batch-0 again." in str(caught.value)


@pytest.mark.parametrize("damage", ["truncated", "garbage", "bit flip", "empty"])
def test_a_damaged_file_names_itself_and_the_remedy(damage: str, tmp_path: Path) -> None:
    manager = ParquetIOManager(base_path=str(tmp_path))
    manager.write(pa.table({"n": list(range(1000))}), "numbers", "papers-00000")
    path = tmp_path / "numbers" / "papers-00000.parquet"
    content = bytearray(path.read_bytes())
    if damage == "truncated":
        content = content[: len(content) // 2]
    elif damage == "garbage":
        content = bytearray(b"this is no parquet file")
    elif damage == "empty":
        content = bytearray()
    else:
        content[len(content) // 3] ^= 0x10
    path.write_bytes(content)
    with pytest.raises(StorageError, match="damaged") as caught:
        manager.read("numbers", "papers-00000")
    assert caught.value.where == str(path)
    assert "Materialise asset numbers, partition papers-00000 again" in caught.value.remedy


def test_a_failed_write_keeps_the_earlier_table(tmp_path: Path) -> None:
    manager = ParquetIOManager(base_path=str(tmp_path))
    manager.write(pa.table({"n": [1]}), "numbers", "papers-00000")
    with pytest.raises(StorageError):
        manager.write({"n": 2}, "numbers", "papers-00000")
    assert manager.read("numbers", "papers-00000").to_pylist() == [{"n": 1}]


def test_many_partitions_at_once_are_refused(tmp_path: Path) -> None:
    base = str(tmp_path)
    for key in BATCHES.get_partition_keys():
        run(numbers, base=base, partition=key)

    @asset
    def merged(numbers: pa.Table) -> pa.Table:
        return numbers

    result = run(
        numbers,
        merged,
        base=base,
        selection=AssetSelection.assets("merged"),
        raise_on_error=False,
    )
    assert "2 partitions of numbers at once" in failure_of(result, "merged")
