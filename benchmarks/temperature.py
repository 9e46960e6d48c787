"""Benchmark: extraction at two temperatures, with a real model: what it yields, and what is true.

    python -m benchmarks.temperature ARTICLES.jsonl --url http://127.0.0.1:8080
        [--temperatures 0.2 0.7] [--chunks 10] [--mode schema] [--ledger temperature.db]

The articles are those of a `files` source with the columns `id`, `abstract`, `section_names` and
`article`. Both temperatures are asked about the same chunks, by `relgen compare`: what a chunk
yields is its supported relations, what is true the share of the stated relations that are
supported. Answers are kept in the ledger, so a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from benchmarks.machine import machine_line
from relgen_assets.cli.comparing import compare_two
from relgen_assets.orchestration.project import Project
from relgen_assets.settings import load_settings


def main() -> None:
    """Compare the temperatures and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("articles", type=Path, help="JSON lines of articles")
    parser.add_argument("--url", required=True, help="a running server")
    parser.add_argument("--temperatures", type=float, nargs=2, default=[0.2, 0.7])
    parser.add_argument("--chunks", type=int, default=10)
    parser.add_argument("--mode", default="schema")
    parser.add_argument("--ledger", type=Path, default=Path("temperature.db"))
    options = parser.parse_args()
    settings = load_settings(
        Path.cwd(),
        {
            "source": {"kind": "files", "path": str(options.articles.absolute())},
            "extractions": {"mode": options.mode, "attempts": 1},
            "pool": {"endpoints": [{"name": "given", "url": options.url}]},
            "ledger": {"url": f"sqlite:///{options.ledger.absolute()}"},
        },
    )
    print(machine_line())
    sides = [f"temperature={one}" for one in options.temperatures]
    compare_two(
        Project(settings), Console(width=80), (sides[0], sides[1]), Path.cwd(),
        chunks=options.chunks, margin=5, as_json=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
