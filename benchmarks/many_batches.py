"""Benchmark: how long commands take that only look, in a project of very many batches.

    python -m benchmarks.many_batches --batches 135000 --begun 0 100000

One article a batch. Measured are `relgen status --json`, as a person waits for it, and the load of
the definitions, as Dagster does it in each of its processes; each a second time, since the first
look at a source reads it. Begun batches have manifests and no tables: what is measured is the plan,
not how long it takes to read that many small files.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.machine import machine_line
from relgen_assets.batching.manifest import ArticleNote, Manifest
from relgen_assets.orchestration.project import Project
from relgen_assets.settings import load_settings

_STATUS: Final = "import sys; from relgen_assets.cli import main; sys.argv = ['relgen', 'status'"
_COMMANDS: Final = {
    "relgen status": _STATUS + ", '--json']; main()",
    "definitions": "from relgen_assets.definitions import defs; defs()",
}
_SETTINGS: Final = '[source]\nkind = "files"\npath = "papers.jsonl"\n[batches]\nsize = 1\n'
_ROUNDS: Final = ("first", "second")


def write_source(folder: Path, batches: int) -> None:
    """Write a project with this many articles."""
    with (folder / "papers.jsonl").open("w", encoding="utf-8") as file:
        for number in range(batches):
            text = f"Article {number} says that river {number} feeds lake {number}. " * 5
            row = {"abstract": "A river.", "section_names": ["Rivers"], "article": text}
            file.write(json.dumps(row) + "\n")
    (folder / "relgen.toml").write_text(_SETTINGS, encoding="utf-8")


def begin(folder: Path, count: int) -> None:
    """Write the manifests of the first batches."""
    planner = Project(load_settings(folder)).planner
    batches = planner.plan()
    for row, key in enumerate(batches.keys[:count]):
        note = ArticleNote(id=f"paper-{row}", digest="0" * 16, row=row, title=f"Article {row}")
        planner.manifests.write(
            Manifest(
                batch=key,
                version=batches.version,
                identity=planner.identity,
                reading=planner.reading,
                articles=(note,),
            )
        )


def measure(folder: Path, begun: int) -> Iterator[str]:
    """Yield the rows of the table: each command, the first time and the second."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "RELGEN_PROJECT": str(folder),
    }
    environment.pop("DAGSTER_HOME", None)
    for name, program in _COMMANDS.items():
        for turn in _ROUNDS:
            began = perf_counter()
            before = os.times()
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", program],
                env=environment,
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise RuntimeError(done.stderr[-3000:])
            after = os.times()
            used = after.children_user + after.children_system
            used -= before.children_user + before.children_system
            yield f"| {begun:,} | {name} | {turn} | {perf_counter() - began:.1f} | {used:.1f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Commands that look at very many batches.")
    parser.add_argument("--batches", type=int, default=135_000)
    parser.add_argument("--begun", type=int, nargs="+", default=[0, 100_000])
    options = parser.parse_args()
    print(machine_line(), end="\n\n")
    print("| begun | command | turn | s | processor s |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_source(folder, options.batches)
        for begun in options.begun:
            begin(folder, begun)
            for line in measure(folder, begun):
                print(line, flush=True)


if __name__ == "__main__":
    main()
