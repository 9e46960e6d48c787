"""Benchmark 6: thousands of articles through the whole graph, against servers that answer at once.

    python -m benchmarks.scale [ARTICLES.jsonl] --articles 100 1000 10000

For each size a project is made in a temporary folder and `relgen run` does all its batches in one
process, twice: the second time every answer is known. `relgen run --missing` then has nothing to
do but start and renew the card. Without that, the processor time of a run is also given per batch:
with small batches (`--articles 12 --batch-size 2`) it is what a run of the graph costs besides its
work. `--repeats` measures the runs over known answers and those with nothing to do several times.

Articles are synthesised from real ones (those of the file named, else the bundled sample): each has
as many paragraphs as one of them has, drawn from all of them. Two fake servers, in a process of
their own, answer without a model; their answers name words of the section, so that they pass
validation as good answers do.

What is measured is everything but the models: sources, chunking, prompts, HTTP, ledger, validation,
shards and Dagster. Memory is the greatest resident size of the process that runs the batches. The
servers' time is not in the processor time, but on a machine of few cores it is in the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import Any

import pyarrow.parquet as pq

from benchmarks.machine import machine_line
from benchmarks.made_projects import SERVERS, SLOTS, served, synthesise, write_project
from resources.generation_ledger.ledger import GenerationLedger

SAMPLE = Path(__file__).parents[1] / "relgen_assets" / "sources" / "data" / "sample.jsonl"
_FIRST = ("all new",)
_REPEATED = ("all known", "nothing to do")
_ARGUMENTS = {"nothing to do": ("--missing",)}
"""Arguments of the runs of a size; the others have none."""


@dataclass(frozen=True)
class Measured:
    """One run of `relgen run`.

    Attributes:
        title: What it found: answers to ask for, known answers, or nothing to do.
        seconds: From start to end of the process.
        processor_seconds: Processor time of that process.
        megabytes: Its greatest resident memory.
        ledger_bytes: Size of the ledger afterwards.
        recorded: Answers that the run recorded.
    """

    title: str
    seconds: float
    processor_seconds: float
    megabytes: float
    ledger_bytes: int = 0
    recorded: int = 0


def run(folder: Path, title: str, *arguments: str) -> Measured:
    """Run `relgen run` in a project folder.

    Args:
        folder: The project.
        title: What the run finds.
        arguments: Further arguments of the command.

    Raises:
        RuntimeError: It failed; with the end of what it printed.
    """
    program = "import sys; from relgen_assets.cli import main; sys.argv[0] = 'relgen'; main()"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    environment.pop("DAGSTER_HOME", None)
    began = perf_counter()
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", program, "run", *arguments],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError((folder / "output.txt").read_text()[-3000:])
    return Measured(
        title, perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    )


def measure(
    count: int, originals: Sequence[dict[str, Any]], options: argparse.Namespace
) -> Iterator[str]:
    """Yield the rows of one size: all answers new, all known, and nothing to do."""
    with tempfile.TemporaryDirectory(dir=options.folder) as name, served() as urls:
        folder = Path(name)
        synthesise(folder / "papers.jsonl", originals, count)
        write_project(folder, urls, options.batch_size, options.chunks)
        runs: list[Measured] = []
        entries = 0
        for title in (*_FIRST, *_REPEATED * options.repeats):
            measured = run(folder, title, *_ARGUMENTS.get(title, ()))
            with closing(
                GenerationLedger(url=f"sqlite:///{folder}/.relgen/ledger.db", password_env=None)
            ) as ledger:
                stats = ledger.stats()
            before, entries = entries, sum(group.calls for group in stats.groups)
            runs.append(replace(measured, ledger_bytes=stats.size_bytes, recorded=entries - before))
        batches = -(-count // options.batch_size)
        start = fmean(one.processor_seconds for one in runs if one.title in _ARGUMENTS)
        for one in runs:
            yield row(one, count, folder, (one.processor_seconds - start) / batches)


def row(run: Measured, count: int, folder: Path, batch_seconds: float) -> str:
    """Return the row of one run; `batch_seconds` is its processor time for each batch."""
    chunks = sum(pq.read_metadata(file).num_rows for file in (folder / "data" / "chunks").iterdir())
    cells = (
        f"{count:,}",
        run.title,
        f"{chunks:,}",
        f"{run.seconds:,.0f}",
        f"{run.processor_seconds:,.0f}",
        f"{count / run.seconds:.2f}",
        f"{chunks / run.seconds:.1f}",
        f"{1000 * run.processor_seconds / count:.0f}",
        f"{batch_seconds:.2f}",
        f"{run.megabytes:.0f}",
        f"{run.ledger_bytes / 1e6:.1f}",
        f"{run.recorded / run.seconds:.0f}",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--articles", nargs="*", type=int, default=[100, 1_000, 10_000])
    parser.add_argument("--batch-size", type=int, default=50, help="articles per batch")
    parser.add_argument("--repeats", type=int, default=1, help="runs over known answers")
    parser.add_argument("--chunks", type=int, help="keep only this many chunks of each article")
    parser.add_argument("--folder", type=Path, help="where to make the temporary projects")
    options = parser.parse_args()
    originals = [json.loads(line) for line in options.source.read_text().splitlines()]
    limit = "all chunks" if options.chunks is None else f"at most {options.chunks} chunks"
    print(machine_line())
    print(
        f"Articles made from {len(originals)} of `{options.source.name}`, {limit} of each,"
        f" batches of {options.batch_size}, {SERVERS} servers with {SLOTS} slots.\n"
    )
    print(
        "| articles | answers | chunks | seconds | processor seconds | articles/s | chunks/s |"
        " processor ms per article | processor s per batch | memory MB | ledger MB | recorded/s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for count in options.articles:
        for line in measure(count, originals, options):
            print(line, flush=True)


if __name__ == "__main__":
    main()
