"""Which batches are complete, and what unfinished ones miss; damaged tables hide no other batch."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from relgen_assets.domain_errors import StorageError
from relgen_assets.export.configs import CONFIGS, expected_rows
from relgen_assets.export.shards import Shard, shard_url
from relgen_assets.integrity.overview import complete_batches, missing_assets
from relgen_assets.rows.asset_tables import ASSET_TABLES, VALIDATED_EXTRACTIONS

ASSETS = [one.asset for one in ASSET_TABLES]


class Tables:
    """Stored tables: verdicts by batch, and which assets are written.

    Args:
        verdicts: The verdicts of each batch, `empty` for one without relations; `None` if its
            table is damaged.
        written: The assets that are written, of every batch.
    """

    def __init__(
        self, verdicts: dict[str, list[str] | None], written: list[str] | None = None
    ) -> None:
        self._verdicts = verdicts
        self._written = ASSETS if written is None else written

    def exists(self, asset: str, partition: str, /) -> bool:
        return asset in self._written

    def read(
        self, asset: str, partition: str, columns: tuple[str, ...] | None = None, /
    ) -> pa.Table:
        verdicts = self._verdicts[partition]
        if verdicts is None:
            raise StorageError("the parquet file is damaged.")
        assert columns == ("evidence",)
        evidence = [[1] if one in ("valid", "repaired") else [] for one in verdicts]
        return pa.table({"evidence": pa.array(evidence, pa.list_(pa.int64()))})

    def partitions(self, asset: str, /) -> list[str]:
        assert asset == VALIDATED_EXTRACTIONS.asset
        return list(self._verdicts)


def shards(batch: str, rows: int) -> list[Shard]:
    return [
        Shard(config, "train", batch, "", count, CONFIGS[config].row, None)
        for config, count in expected_rows(rows).items()
    ]


def test_a_damaged_batch_is_not_complete_and_hides_no_other() -> None:
    tables = Tables({"damaged": None, "whole": ["valid", "repaired", "rejected", "empty"]})
    assert complete_batches(tables, [*shards("damaged", 2), *shards("whole", 2)]) == {"whole"}


@pytest.mark.parametrize("written", range(len(ASSETS)))
def test_an_unfinished_batch_misses_all_that_follows_and_the_dataset(
    written: int, tmp_path: Path
) -> None:
    tables = Tables({"batch": ["valid"]}, ASSETS[:written])
    expected = (*ASSETS[written:], "hf_dataset")
    assert missing_assets(tables, str(tmp_path), "batch") == expected


def test_a_batch_with_usable_extractions_misses_its_shards(tmp_path: Path) -> None:
    tables = Tables({"batch": ["valid"]})
    assert missing_assets(tables, str(tmp_path), "batch") == ("hf_dataset",)
    shard = Path(shard_url(str(tmp_path), "core", "train", "batch"))
    shard.parent.mkdir(parents=True)
    shard.write_bytes(b"readable or not")
    assert missing_assets(tables, str(tmp_path), "batch") == ()


@pytest.mark.parametrize("verdicts", [["rejected"], ["empty"], [], None])
def test_a_batch_without_usable_extractions_misses_none(
    verdicts: list[str] | None, tmp_path: Path
) -> None:
    assert missing_assets(Tables({"batch": verdicts}), str(tmp_path), "batch") == ()
