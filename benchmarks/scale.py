"""Benchmark 6: thousands of articles through the whole graph, against servers that answer at once.

    python -m benchmarks.scale [ARTICLES.jsonl] --articles 100 1000 10000

For each size a project is made in a temporary folder and `relgen run` does all its batches in one
process, twice: the second time every answer is known. `relgen run --missing` then has nothing to
do but start and renew the card. Without that, the processor time of a run is also given per batch:
with small batches (`--articles 12 --batch-size 2`) it is what a run of the graph costs besides its
work.

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
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import pyarrow.parquet as pq

from benchmarks.machine import machine_line
from relgen_assets_tests.fakes.answers import answer_text
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from resources.generation_ledger.ledger import GenerationLedger

SAMPLE = Path(__file__).parents[1] / "relgen_assets" / "sources" / "data" / "sample.jsonl"
SERVERS, SLOTS = 2, 16
RUNS = {"all new": (), "all known": (), "nothing to do": ("--missing",)}
"""The runs of one size, in order, with the arguments of each."""
_WORD = re.compile(r"[A-Za-z]{6,}")
_SECTION = "Section:\n"

SETTINGS = """
[source]
kind = "files"
path = "papers.jsonl"
columns = {{ id = "paper_id" }}

[batches]
size = {batch_size}

[chunking]
{chunk_limit}

[extractions]
mode = "schema"

[pool]
endpoints = [{endpoints}]
"""


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


def answer(body: dict[str, Any]) -> str:
    """Return what a good model could answer: words of the section, or a sentence as summary."""
    prompt = body["messages"][-1]["content"]
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    if schema is not None and "list_of_entities" not in schema["properties"]:
        return answer_text(body, schema, 0)  # the pool tries whether schemas are followed
    if schema is None:
        return "The article reports observations, explains them and names what remains open."
    words = list(dict.fromkeys(_WORD.findall(prompt.rpartition(_SECTION)[2])))
    names = (words or ["nothing"])[:: max(len(words) // 6, 1)][:6]
    relations = [
        {
            "description": f"The section relates {one} to {other} in one of its sentences.",
            "source_entities": [one],
            "target_entities": [other],
            "strength": "moderate",
        }
        for one, other in pairwise(names)
    ]
    return json.dumps(
        {
            "section_description": f"The section is about {names[0]}.",
            "list_of_entities": names,
            "relations": relations,
        }
    )


def serve() -> None:
    """Be the servers: print their URLs, and end when standard input does."""
    servers = [
        FakeLlamaServer(slots=SLOTS, context=32_768, answer=answer, prefix_cache=False)
        for _ in range(SERVERS)
    ]
    for server in servers:
        server.keep_records = False
        server.start()
    print(json.dumps([server.url for server in servers]), flush=True)
    sys.stdin.read()


@contextmanager
def served() -> Iterator[list[str]]:
    """Run the servers in a process of their own; yields their URLs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.scale", "--serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.communicate()


def synthesise(path: Path, originals: Sequence[dict[str, Any]], count: int) -> None:
    """Write articles made of paragraphs of real ones."""
    draw = random.Random(count)
    texts = [
        text if isinstance(text, str) else "\n".join(text)
        for text in (one["article"] for one in originals)
    ]
    paragraphs = [line for text in texts for line in text.split("\n") if line.strip()]
    lengths = [text.count("\n") + 1 for text in texts]
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            original = draw.choice(originals)
            row = {
                **original,
                "paper_id": f"made-{number}",
                "abstract": f"{original['abstract']} This is study {number}.",
                "article": "\n".join(draw.choices(paragraphs, k=draw.choice(lengths))),
            }
            file.write(json.dumps(row) + "\n")


def write_project(folder: Path, urls: Sequence[str], batch_size: int, chunks: int | None) -> None:
    """Write the settings, and the Dagster instance of this repository."""
    endpoints = ", ".join(
        f'{{ name = "server-{number}", url = "{url}", slots = {SLOTS} }}'
        for number, url in enumerate(urls)
    )
    limit = "" if chunks is None else f"max_chunks_per_article = {chunks}"
    (folder / "relgen.toml").write_text(
        SETTINGS.format(batch_size=batch_size, chunk_limit=limit, endpoints=endpoints)
    )
    shutil.copy(Path(__file__).parents[1] / "dagster.yaml", folder)


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
        for title, arguments in RUNS.items():
            measured = run(folder, title, *arguments)
            with closing(
                GenerationLedger(url=f"sqlite:///{folder}/.relgen/ledger.db", password_env=None)
            ) as ledger:
                stats = ledger.stats()
            before, entries = entries, sum(group.calls for group in stats.groups)
            runs.append(replace(measured, ledger_bytes=stats.size_bytes, recorded=entries - before))
        batches = -(-count // options.batch_size)
        for one in runs:
            yield row(
                one, count, folder, (one.processor_seconds - runs[-1].processor_seconds) / batches
            )


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
    """Print the table, or be the servers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", type=Path, default=SAMPLE)
    parser.add_argument("--articles", nargs="*", type=int, default=[100, 1_000, 10_000])
    parser.add_argument("--batch-size", type=int, default=50, help="articles per batch")
    parser.add_argument("--chunks", type=int, help="keep only this many chunks of each article")
    parser.add_argument("--folder", type=Path, help="where to make the temporary projects")
    parser.add_argument("--serve", action="store_true", help="be the fake servers")
    options = parser.parse_args()
    if options.serve:
        serve()
        return
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
