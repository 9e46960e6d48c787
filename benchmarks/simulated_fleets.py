"""Benchmark 1: makespan over the lower bound on simulated fleets, beside other policies.

Answer lengths are lognormal with mean 300 and sigma 0.6, cut at 2,048 tokens; no policy sees them,
but for one row that says so.
Prompts have 400 tokens, and every server prefills 20 times as fast as it decodes, so that a prompt
is as much work as 20 answer tokens everywhere and the lower bound is not weakened by prompts.
Speeds are known to the policy as configured; changes of speed, and how slots slow each other down,
are not. The same seeds are used for all policies. Early-binding policies run with 64 open requests.

    python -m benchmarks.simulated_fleets --seeds 10 > table.md
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from statistics import fmean

from benchmarks.rival_policies import RIVALS
from resources.llama_server_pool.scheduling.scheduler import Scheduler
from resources.llama_server_pool.scheduling.values import EndpointProfile
from resources.llama_server_pool.simulation.simulator import REPORT_TOKENS, Policy, simulate
from resources.llama_server_pool.simulation.workload import (
    SimulatedServer,
    batch_lower_bound,
    equal_slots,
    lognormal_requests,
)

SIZES = (20, 100, 300, 1_000, 10_000)
MEAN_TOKENS, SIGMA, PROMPT_TOKENS, MAX_TOKENS = 300.0, 0.6, 400, 2_048
PREFILL_OVER_DECODE = 20.0
GPU_RATE, BOARD_RATE = 20.0, 2.34

Fleet = list[SimulatedServer]
PolicyFactory = Callable[[Iterable[EndpointProfile], int], Policy]


def server(name: str, slots: int, rate: float) -> SimulatedServer:
    """A server whose slots do not slow each other down."""
    return SimulatedServer(name, equal_slots(slots, rate), rate * PREFILL_OVER_DECODE)


def gpus(count: int, slots: int = 1) -> Fleet:
    """Graphics cards at 20 tokens/s a slot."""
    return [server(f"gpu-{number}", slots, GPU_RATE) for number in range(1, count + 1)]


def boards(count: int) -> Fleet:
    """Single-board computers at 2.34 tokens/s."""
    return [server(f"board-{number}", 1, BOARD_RATE) for number in range(1, count + 1)]


def sharing(name: str) -> SimulatedServer:
    """A server whose four slots reach 2.2 times the speed of one."""
    rates = tuple(GPU_RATE / (1 + 0.27 * others) for others in range(4))
    return SimulatedServer(name, rates, GPU_RATE * PREFILL_OVER_DECODE)


def slowing(fleet: Fleet, midway: float) -> Fleet:
    """The first server becomes ten times slower midway."""
    return [replace(fleet[0], changes=((midway, 0.1),)), *fleet[1:]]


def dying(fleet: Fleet, midway: float) -> Fleet:
    """The first server dies midway."""
    return [replace(fleet[0], changes=((midway, 0.0),)), *fleet[1:]]


@dataclass(frozen=True)
class Case:
    """A fleet and what happens to it halfway through its lower bound."""

    title: str
    fleet: Fleet
    event: Callable[[Fleet, float], Fleet] | None = None


CASES = {
    "predecessor": Case(
        "4 GPU instances at 20 tokens/s (one slot each) and 5 boards at 2.34 tokens/s",
        gpus(4) + boards(5),
    ),
    "one-gpu": Case("One GPU with 4 slots at 20 tokens/s each", gpus(1, 4)),
    "many-boards": Case(
        "2 GPUs with 2 slots at 20 tokens/s each and 20 boards at 2.34 tokens/s",
        gpus(2, 2) + boards(20),
    ),
    "equal": Case("8 equal servers with one slot at 20 tokens/s", gpus(8)),
    "slowing": Case(
        "4 GPU instances and 5 boards; the first GPU slows down tenfold midway",
        gpus(4) + boards(5),
        slowing,
    ),
    "dying": Case(
        "4 GPU instances and 5 boards; the first GPU dies midway", gpus(4) + boards(5), dying
    ),
    "sharing": Case(
        "2 servers whose 4 slots slow each other down (20 to 11 tokens/s) and 5 boards",
        [sharing("server-1"), sharing("server-2"), *boards(5)],
    ),
}


def own(endpoints: Iterable[EndpointProfile], seed: int) -> Policy:  # noqa: ARG001
    """The pool's own policy; it draws nothing."""
    return Scheduler(endpoints)


def rival(kind: str) -> PolicyFactory:
    """A factory of a rival policy."""
    return lambda endpoints, seed: RIVALS[kind](endpoints, seed)


TOLD = "this pool, if it were told the lengths"
"""Shows which part of the distance to the bound comes from not knowing the lengths."""
POLICIES: dict[str, PolicyFactory] = {
    "this pool": own,
    **{kind: rival(kind) for kind in RIVALS},
    TOLD: own,
}


@dataclass(frozen=True)
class Measurement:
    """Makespan over the lower bound, and wasted over useful tokens."""

    ratio: float
    waste: float


def measure(
    case: Case, factory: PolicyFactory, size: int, seed: int, *, told: bool = False
) -> Measurement:
    """Run one batch; `told` lets the policy see the answer lengths.

    Raises:
        RuntimeError: An answer is missing or came twice.
    """
    requests = lognormal_requests(
        size,
        Random(seed),
        mean=MEAN_TOKENS,
        sigma=SIGMA,
        prompt_tokens=PROMPT_TOKENS,
        max_tokens=MAX_TOKENS,
        told=told,
    )
    fleet = case.fleet
    if case.event is not None:
        fleet = case.event(fleet, batch_lower_bound(fleet, requests) / 2)
    policy = factory([each.profile for each in fleet], seed)
    # The rivals do not look at progress: not reporting it to them saves the simulator's time.
    report_tokens = REPORT_TOKENS if isinstance(policy, Scheduler) else MAX_TOKENS + 1
    result = simulate(fleet, requests, policy, report_tokens)
    if sorted(result.completed) != sorted(each.request.id for each in requests):
        raise RuntimeError(f"{case.title}: answers are missing or doubled")
    bound = batch_lower_bound(fleet, requests)
    return Measurement(result.makespan / bound, result.wasted_tokens / result.answer_tokens)


def table(case: Case, sizes: Sequence[int], seeds: int) -> str:
    """One fleet's table: a row per policy, a column per number of requests."""
    lines = [
        f"### {case.title}",
        "",
        "| policy | " + " | ".join(f"{size:,} requests" for size in sizes) + " |",
        "|---|" + "---|" * len(sizes),
    ]
    for name, factory in POLICIES.items():
        cells: list[str] = []
        for size in sizes:
            runs = [measure(case, factory, size, seed, told=name == TOLD) for seed in range(seeds)]
            ratios = [run.ratio for run in runs]
            waste = fmean(run.waste for run in runs)
            cells.append(f"{fmean(ratios):.3f} (worst {max(ratios):.3f}; waste {waste:.1%})")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
        sys.stderr.write(f"{case.title}: {name}\n")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--fleets", nargs="+", choices=list(CASES), default=list(CASES))
    options = parser.parse_args()
    out = sys.stdout.write
    out("## Simulated fleets: makespan over the lower bound\n\n")
    out(
        f"Mean of {options.seeds} seeds, with the worst one and the tokens that were generated for "
        f"nothing. Python {platform.python_version()}, {platform.machine()}, "
        f"{datetime.now(UTC):%Y-%m-%d}.\n\n"
    )
    for name in options.fleets:
        out(table(CASES[name], options.sizes, options.seeds) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
