"""Benchmark 4: real llama.cpp servers on this machine, two of them throttled.

Three embedded servers with one thread each. The first has the first core to itself; the other two
share the second core in turns: of every 200 ms one runs 140, then the other 50. They are stopped
with SIGSTOP and continued with SIGCONT. The turns go on all the time, also while a server is
measured alone, so that each has the same processor whether the others work or not, and "alone"
means what it should. Only the client is not pinned; it takes a few per cent of a core.

Every round measures each server alone, in a pool of one, and all together; a round's work has the
same kind of requests in all four. Reported is the rate of used answer tokens together over the sum
of the rates alone, the end of the batch included, and what was generated for nothing.

    python -m benchmarks.real_servers --rounds 3
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

from benchmarks.machine import machine_line
from resources.generation import GenerationRequest, Message, Sampling
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.embedded.server import EmbeddedServer
from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.pool import LlamaServerPool
from resources.llama_server_pool.reports import BatchReport

MAX_TOKENS = 128
TOPICS = (
    *("tides", "rust", "yeast", "glass", "magnets", "clouds", "enzymes", "comets", "soil"),
    *("neurons", "lasers", "coral", "salt", "pollen", "gravity", "ice", "batteries", "bees"),
)
LENGTHS = ("in one short sentence", "in two sentences", "in four sentences", "with two examples")


@dataclass(frozen=True)
class Share:
    """What a server may use of the machine: a core, and a part of every period on it."""

    name: str
    core: int
    begins: float
    ends: float

    @property
    def throttled(self) -> bool:
        """Whether it is stopped for a part of the time."""
        return self.ends - self.begins < 1.0


SHARES = (
    Share("whole-core", 0, 0.0, 1.0),
    Share("two-thirds", 1, 0.0, 0.7),
    Share("quarter", 1, 0.7, 0.95),
)
PERIOD = 0.2


class Turns(threading.Thread):
    """Lets throttled processes run in their part of every period, and stops them in the rest."""

    def __init__(self, processes: dict[Share, int]) -> None:
        super().__init__(name="turns", daemon=True)
        self._processes = {share: pid for share, pid in processes.items() if share.throttled}
        self._ended = threading.Event()

    def run(self) -> None:
        """Give turns until ended; everybody runs after that."""
        moments = sorted({edge for one in self._processes for edge in (one.begins, one.ends)})
        while not self._ended.is_set():
            begin = time.monotonic()
            for moment in moments:
                time.sleep(max(0.0, begin + moment * PERIOD - time.monotonic()))
                self._switch(moment)
            time.sleep(max(0.0, begin + PERIOD - time.monotonic()))
        for pid in self._processes.values():
            os.kill(pid, signal.SIGCONT)

    def end(self) -> None:
        """Stop giving turns and wait for it."""
        self._ended.set()
        self.join()

    def _switch(self, moment: float) -> None:
        for share, pid in self._processes.items():
            if share.ends == moment:
                os.kill(pid, signal.SIGSTOP)
        for share, pid in self._processes.items():
            if share.begins == moment:
                os.kill(pid, signal.SIGCONT)


@contextmanager
def servers(folder: Path) -> Iterator[dict[Share, Endpoint]]:
    """Start a server per share, each on its core with one thread, and give turns."""
    everywhere = os.sched_getaffinity(0)
    cores = sorted(everywhere)
    configs: dict[Share, Endpoint] = {}
    processes: dict[Share, int] = {}
    with ExitStack() as stack:
        for share in SHARES:
            # A child keeps the core of its parent, and takes as many threads as it has cores.
            os.sched_setaffinity(0, {cores[share.core % len(cores)]})
            try:
                server = stack.enter_context(EmbeddedServer(folder / share.name))
            finally:
                os.sched_setaffinity(0, everywhere)
            assert server.config is not None
            assert server.pid is not None
            configs[share] = server.config.model_copy(update={"name": share.name})
            processes[share] = server.pid
        turns = Turns(processes)
        turns.start()
        stack.callback(turns.end)
        yield configs


@contextmanager
def pool_of(configs: Sequence[Endpoint], folder: Path) -> Iterator[LlamaServerPool]:
    """Open a pool of real servers and let it get to know them."""
    name = "-".join(one.name for one in configs)
    ledger = GenerationLedger(url=f"sqlite:///{folder / name}.db")
    pool = LlamaServerPool(endpoints=list(configs), ledger=ledger)
    try:
        yield pool
    finally:
        pool.close()
        ledger.close()


class Work:
    """Requests without end, no two the same, so that no ledger knows the answer."""

    def __init__(self) -> None:
        self._numbers = count()
        self._random = Random(0)

    def take(self, requests: int) -> list[GenerationRequest]:
        """Return the next requests."""
        return [self._request(next(self._numbers)) for _ in range(requests)]

    def _request(self, number: int) -> GenerationRequest:
        topic, length = self._random.choice(TOPICS), self._random.choice(LENGTHS)
        text = f"Explain {topic} {length}."
        return GenerationRequest(
            subject=f"request-{number}",
            task="benchmark",
            messages=(Message(role="user", content=text),),
            sampling=Sampling(temperature=0.7, max_tokens=MAX_TOKENS, seed=number),
            prompt_tokens=30,
        )


@dataclass
class Rate:
    """Tokens and seconds, summed over rounds."""

    tokens: int = 0
    seconds: float = 0.0
    hedged: int = 0

    def add(self, report: BatchReport) -> float:
        """Add a batch; returns its own rate."""
        self.tokens += report.completion_tokens
        self.seconds += report.seconds
        self.hedged += report.hedged_tokens
        return report.tokens_per_second

    @property
    def per_second(self) -> float:
        """Tokens per second over all rounds."""
        return self.tokens / self.seconds


def measure(rounds: int, requests: int) -> tuple[dict[str, Rate], list[float]]:
    """Return the rate of each server and of all together, and the ratio of every round.

    Raises:
        RuntimeError: A request was not answered.
    """
    rates = {share.name: Rate() for share in SHARES} | {"together": Rate()}
    ratios: list[float] = []
    work = Work()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        configs = stack.enter_context(servers(folder))
        pools = {
            share.name: (stack.enter_context(pool_of([config], folder)), share.ends - share.begins)
            for share, config in configs.items()
        }
        whole = sum(share for _, share in pools.values())
        pools["together"] = (stack.enter_context(pool_of(list(configs.values()), folder)), whole)
        for pool, _ in pools.values():
            _run(pool, work, len(SHARES))  # finds out who the servers are and how fast
        for number in range(1, rounds + 1):
            own: dict[str, float] = {}
            for name, (pool, share) in pools.items():
                own[name] = rates[name].add(_run(pool, work, round(requests * share / whole)))
                sys.stderr.write(f"round {number}: {name} {own[name]:.2f} tokens/s\n")
            together = own.pop("together")
            ratios.append(together / sum(own.values()))
    return rates, ratios


def _run(pool: LlamaServerPool, work: Work, requests: int) -> BatchReport:
    report = pool.generate(work.take(requests)).report
    if report.generated != requests:
        raise RuntimeError(f"{requests - report.generated} of {requests} requests were lost")
    return report


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=80, help="of the batch for all together")
    options = parser.parse_args()
    # A stopped server cannot see that its parent is gone: end in order when somebody ends us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    before = machine_line()
    rates, ratios = measure(options.rounds, options.requests)
    out = sys.stdout.write
    out("| who | processor | answer tokens/s | tokens in vain |\n|---|---|---|---|\n")
    for share in SHARES:
        part = f"{share.ends - share.begins:.0%} of core {share.core}"
        out(f"| {share.name}, alone | {part} | {rates[share.name].per_second:.2f} | |\n")
    together = rates.pop("together")
    alone = sum(rate.per_second for rate in rates.values())
    out(f"| sum of all alone | | {alone:.2f} | |\n")
    out(f"| together | | {together.per_second:.2f} | {together.hedged / together.tokens:.1%} |\n")
    each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    out(
        f"\nTogether over the sum: **{together.per_second / alone:.2f}** (rounds: {each}); "
        f"{options.rounds} rounds of {options.requests} requests. {before}\n"
    )


if __name__ == "__main__":
    main()
