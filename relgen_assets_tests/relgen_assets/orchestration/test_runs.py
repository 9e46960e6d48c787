"""The Dagster instance that all commands of a project share, and what a project still lacks."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from multiprocessing.synchronize import Barrier
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from relgen_assets.export.shard_writing import write_shards
from relgen_assets.orchestration.runs import missing_batches, opened_instance
from relgen_assets_tests.relgen_assets.export.batch import batch_of, shaping

REPOSITORY = Path(__file__).parents[3]


def open_new_instance(root: Path, start: Barrier) -> None:
    """Open the instance at the same moment as others; exit with status 1 if that fails."""
    os.environ.pop("DAGSTER_HOME", None)
    os.chdir(root)
    start.wait(60)
    with opened_instance(root) as instance:
        instance.get_runs(limit=1)


def test_commands_that_start_together_in_a_new_project_all_get_the_instance(tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / "dagster.yaml", tmp_path)
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(6)
    commands = [fork.Process(target=open_new_instance, args=(tmp_path, start)) for _ in range(6)]
    for command in commands:
        command.start()
    for command in commands:
        command.join(60)
    assert [command.exitcode for command in commands] == [0] * 6


class Verdicts:
    """Tables of batches whose four chunks all have relations."""

    def exists(self, asset: str, partition: str, /) -> bool:
        return True

    def read(
        self, asset: str, partition: str, columns: tuple[str, ...] | None = None, /
    ) -> pa.Table:
        return pa.table({"evidence": pa.array([[1]] * 4, pa.list_(pa.int64()))})

    def partitions(self, asset: str, /) -> list[str]:
        return ["lakes-0", "lakes-1"]


def test_a_batch_with_a_shard_that_cannot_be_read_is_missing_and_hides_no_other(
    tmp_path: Path,
) -> None:
    rules = shaping(validation_percent=0, test_percent=0)
    for key, papers in (("lakes-0", ("a", "b")), ("lakes-1", ("c", "d"))):
        write_shards(str(tmp_path), key, batch_of(*papers).examples_under(rules), shaping=rules)
    with dg.DagsterInstance.ephemeral() as instance:
        keys = ["lakes-0", "lakes-1", "lakes-2"]
        assert missing_batches(instance, Verdicts(), str(tmp_path), keys) == ["lakes-2"]
        former = pa.table({"text": ["of an earlier version"]})
        pq.write_table(former, tmp_path / "core" / "train" / "lakes-1.parquet")
        assert missing_batches(instance, Verdicts(), str(tmp_path), keys) == keys[1:]
