"""The Dagster instance that all commands of a project share."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from multiprocessing.synchronize import Barrier
from pathlib import Path

from relgen_assets.orchestration.runs import opened_instance

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
