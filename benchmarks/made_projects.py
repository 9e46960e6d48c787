"""The projects that `benchmarks.scale` runs: articles made from real ones, and fake servers.

    python -m benchmarks.made_projects

is the process of the servers: it prints their URLs and ends with its standard input. Their answers
name words of the section they are asked about, so that they pass validation as good answers do.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from relgen_assets_tests.fakes.good_answers import good_answer
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer

SERVERS, SLOTS = 2, 16

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


def serve() -> None:
    """Be the servers: print their URLs, and end when standard input does."""
    servers = [
        FakeLlamaServer(slots=SLOTS, context=32_768, answer=good_answer, prefix_cache=False)
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
        [sys.executable, "-m", "benchmarks.made_projects"],
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


if __name__ == "__main__":
    serve()
