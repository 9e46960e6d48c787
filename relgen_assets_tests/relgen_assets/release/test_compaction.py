"""Compacted shards hold the same rows in the same order, in files whose bytes follow from them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relgen_assets.export.configs import FULL
from relgen_assets.export.footers import facts_in
from relgen_assets.export.shard_writing import config_table
from relgen_assets.release import compaction
from relgen_assets.release.compaction import CompactedShards
from relgen_assets_tests.relgen_assets.release.folders import SHAPING, examples_of


def compacted(folder: Path, tables: list[pa.Table], shard_bytes: int) -> list[Path]:
    shards = CompactedShards(folder, shard_bytes)
    for table in tables:
        shards.add(table)
    shards.close()
    assert shards.rows == sum(table.num_rows for table in tables)
    return sorted(folder.iterdir()) if folder.exists() else []


@settings(max_examples=10, deadline=None)
@given(
    batches=st.lists(st.lists(st.text(max_size=30), max_size=4), max_size=4),
    shard_bytes=st.sampled_from([1, 600, 10**9]),
)
def test_rows_keep_their_order_and_bytes_follow_from_them(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[str]], shard_bytes: int
) -> None:
    tables = [pa.table({"text": pa.array(rows, pa.string())}) for rows in batches]
    folder = tmp_path_factory.mktemp("compacted")
    files = compacted(folder / "one", tables, shard_bytes)
    again = compacted(folder / "two", tables, shard_bytes)
    found = [row for file in files for row in pq.read_table(file).column("text").to_pylist()]
    assert found == [row for rows in batches for row in rows]
    assert [file.read_bytes() for file in files] == [file.read_bytes() for file in again]
    assert len(files) <= (1 if shard_bytes == 10**9 else len(batches))


def test_a_file_ends_between_two_batches_when_it_is_large_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "ROW_GROUP_BYTES", 1)
    tables = [
        config_table(FULL, examples_of(f"lakes-0000{number}"), SHAPING) for number in range(6)
    ]
    files = compacted(tmp_path, tables, shard_bytes=20_000)
    assert 1 < len(files) < len(tables)
    for file in files[:-1]:
        assert 20_000 <= file.stat().st_size < 80_000
    batches = [
        {one.rsplit("-article", 1)[0] for one in pq.read_table(file).column("paper_id").to_pylist()}
        for file in files
    ]
    assert sum(map(len, batches)) == len(tables), "no batch is in two files"


def test_the_footer_tells_the_facts_of_all_batches(tmp_path: Path) -> None:
    tables = [
        config_table(FULL, examples_of(f"lakes-0000{number}"), SHAPING) for number in range(2)
    ]
    (file,) = compacted(tmp_path, tables, shard_bytes=10**9)
    facts = facts_in(pq.read_metadata(file).metadata)
    assert facts.articles == 12
    assert facts.verdicts == {"valid": 12, "repaired": 12}


def test_a_damaged_page_is_noticed_by_readers(tmp_path: Path) -> None:
    (file,) = compacted(tmp_path, [pa.table({"text": ["salt", "lake"]})], shard_bytes=1)
    data = bytearray(file.read_bytes())
    data[30] ^= 1
    file.write_bytes(data)
    with pytest.raises(OSError, match=r"CRC|checksum"):
        pq.ParquetFile(file, page_checksum_verification=True).read()
