"""Benchmark 3: what the pool costs beside bare client calls, and whether its memory stays flat.

Requests go to instant fake servers, in processes of their own, in three ways: the official client
alone (`AsyncOpenAI`, streaming, under a semaphore), the pool with its ledger, and the pool with a
ledger that keeps nothing; what lies between the last two is the ledger's share. Each way runs in a
process of its own, one after the other, so that processor times can be told apart.

    python -m benchmarks.overhead                     # 20,000 requests in each way
    python -m benchmarks.overhead --memory 200000     # memory only
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression, median
from typing import Any

from benchmarks.fake_server import ServerProcess, ServerSpec, running
from benchmarks.machine import machine_line
from benchmarks.overhead_client import MEMORY_BATCH, Cost, Sample

SLOTS = 8
SERVERS = 2
WAYS = {
    "bare": "bare AsyncOpenAI calls",
    "pool": "this pool, with its ledger",
    "pool-forgetful": "this pool, ledger that keeps nothing",
}
MEMORY_ROWS = 10


@dataclass(frozen=True)
class Measurement:
    """One run of one way.

    Attributes:
        cost: What the client used.
        server_cpu: Processor seconds of all servers.
    """

    cost: Cost
    server_cpu: float


def client(way: str, servers: Sequence[ServerProcess], requests: int, tokens: int) -> Any:
    """Run a client process to its end and return what it printed."""
    command = [sys.executable, "-m", "benchmarks.overhead_client", way]
    command += ["--slots", str(SLOTS), "--requests", str(requests), "--tokens", str(tokens)]
    command += ["--urls", *(one.url for one in servers)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(way: str, servers: Sequence[ServerProcess], requests: int, tokens: int) -> Measurement:
    """Run one way once.

    Raises:
        RuntimeError: An answer is missing or not whole.
    """
    before = sum(one.account().cpu_seconds for one in servers)
    cost = Cost(**client(way, servers, requests, tokens))
    if cost.whole != requests:
        raise RuntimeError(f"{way}: {requests - cost.whole} answers are missing or not whole")
    sys.stderr.write(f"{way}: {requests / cost.seconds:.0f} requests/s\n")
    return Measurement(cost, sum(one.account().cpu_seconds for one in servers) - before)


def cost_table(measured: dict[str, list[Measurement]], requests: int) -> str:
    """Return the table of rates and processor times, medians over the runs."""
    seconds = {way: median(run.cost.seconds for run in runs) for way, runs in measured.items()}
    cpu = {way: median(run.cost.cpu_seconds for run in runs) for way, runs in measured.items()}
    lines = [
        "| way | requests/s | of bare | client CPU per request | bare CPU over it "
        "| servers' CPU per request |",
        "|---|---|---|---|---|---|",
    ]
    for way, runs in measured.items():
        served = median(run.server_cpu for run in runs)
        lines.append(
            f"| {WAYS[way]} | {requests / seconds[way]:.0f} | {seconds['bare'] / seconds[way]:.2f} "
            f"| {1000 * cpu[way] / requests:.2f} ms | {cpu['bare'] / cpu[way]:.2f} "
            f"| {1000 * served / requests:.2f} ms |"
        )
    return "\n".join(lines) + "\n"


def memory_table(samples: Sequence[Sample]) -> str:
    """Return resident memory over the requests, and its growth in the second half."""
    step = max(1, len(samples) // MEMORY_ROWS)
    lines = ["| requests | resident memory |", "|---|---|"]
    lines += [f"| {one.requests:,} | {one.resident:.1f} MiB |" for one in samples[step - 1 :: step]]
    later = samples[len(samples) // 2 :]
    slope = linear_regression(
        [one.requests for one in later], [one.resident for one in later]
    ).slope
    growth = f"\nGrowth in the second half: {1000 * slope:+.4f} MiB per 1,000 requests.\n"
    return "\n".join(lines) + "\n" + growth


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--tokens", type=int, default=20, help="length of every answer")
    parser.add_argument("--repeats", type=int, default=1, help="runs of each way, in turn")
    parser.add_argument("--memory", type=int, metavar="REQUESTS", help="only measure memory")
    options = parser.parse_args()
    if options.memory is not None and options.memory < 4 * MEMORY_BATCH:
        parser.error(f"memory is sampled every {MEMORY_BATCH} requests: ask for four times as many")
    out = sys.stdout
    out.write(f"{machine_line()}\n{SERVERS} servers with {SLOTS} slots, ")
    out.write(f"answers of {options.tokens} tokens.\n\n")
    with running([ServerSpec(f"server-{n}", SLOTS) for n in range(SERVERS)]) as servers:
        if options.memory is not None:
            found = client("memory", servers, options.memory, options.tokens)
            out.write(memory_table([Sample(**one) for one in found]))
        else:
            measured: dict[str, list[Measurement]] = {way: [] for way in WAYS}
            for _ in range(options.repeats):
                for way in WAYS:
                    measured[way].append(measure(way, servers, options.requests, options.tokens))
            out.write(cost_table(measured, options.requests))
    out.write(f"\nAfterwards: {machine_line()}\n")


if __name__ == "__main__":
    main()
