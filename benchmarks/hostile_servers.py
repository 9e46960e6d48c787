"""The table of hostile servers: one beside a healthy one, for every behaviour of the fakes.

    python -m benchmarks.hostile_servers

A row says which faults the pool told of the hostile server, how many of the requests the healthy
one answered, and how long the batch took. The seconds include the trials of both servers.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.machine import machine_line
from relgen_assets_tests.fakes.hostile import HOSTILE, Hostile
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.pools import echo, pool_of, questions
from resources.generation import Generation
from resources.llama_server_pool.endpoint import Dialect

REQUESTS: Final = 12


def row(behaviour: Hostile, folder: Path) -> tuple[str, str, str, str]:
    """Return a behaviour, the faults told, the answers of the healthy server, and seconds."""
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=200.0) as well,
        FakeLlamaServer(dialect=Dialect(behaviour.dialect), answer=echo) as sick,
    ):
        sick.raw = behaviour.raw()
        with pool_of(folder, well, sick) as pool:
            began = time.monotonic()
            result = pool.generate(questions(REQUESTS))
            seconds = time.monotonic() - began
    answered = sum(
        isinstance(one, Generation) and one.endpoint == "a" for one in result.outcomes.values()
    )
    faults = ", ".join(sorted(result.report.endpoints[1].faults)) or "none"
    return behaviour.name, f"`{faults}`", f"{answered} of {REQUESTS}", f"{seconds:.1f}"


def main() -> None:
    """Print the table."""
    print(machine_line())
    print("\n| one of two servers | told as | the healthy one answers | s |\n|---|---|---:|---:|")
    for behaviour in HOSTILE:
        with tempfile.TemporaryDirectory() as folder:
            print(f"| {' | '.join(row(behaviour, Path(folder)))} |", flush=True)


if __name__ == "__main__":
    main()
