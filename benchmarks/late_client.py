"""How many requests a fleet of equal servers is asked twice, if its client hears late.

    python -m benchmarks.late_client

Simulated: 200 servers of one slot at 100 tokens/s, 600 requests of about 100 tokens. The client
hears of tokens and answers only every few seconds. If the policy does not know that, the delay
came on faster than it is measured.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from benchmarks.machine import machine_line
from resources.llama_server_pool.scheduling.scheduler import Scheduler
from resources.llama_server_pool.simulation.simulator import REPORT_TOKENS, simulate
from resources.llama_server_pool.simulation.workload import (
    SimulatedServer,
    batch_lower_bound,
    lognormal_requests,
)

SERVERS: Final = 200
REQUESTS: Final = 600
RATE: Final = 100.0
DELAYS: Final = (0.0, 0.5, 2.0, 5.0)


class Unmeasured(Scheduler):
    """The pool's policy without a client that measures how late it hears."""

    def hear_late(self, seconds: float) -> None:
        """Ignore it."""


def row(policy: type[Scheduler], delay: float, *, known: bool) -> str:
    """Return one row of the table."""
    fleet = [SimulatedServer(f"s{n}", (RATE,), 20 * RATE) for n in range(SERVERS)]
    profiles = [
        one.profile if known else replace(one.profile, prefill_rate=None, decode_rate=None)
        for one in fleet
    ]
    work = lognormal_requests(REQUESTS, Random(1), mean=100.0)
    result = simulate(fleet, work, policy(profiles), REPORT_TOKENS, delay)
    return " | ".join(
        (
            f"| {delay:g} | {'yes' if policy is Scheduler else 'no'}",
            "yes" if known else "no",
            f"{result.hedges / REQUESTS:.1%}",
            f"{result.doubled / REQUESTS:.1%}",
            f"{result.wasted_tokens / result.answer_tokens:.1%}",
            f"{result.makespan / batch_lower_bound(fleet, work):.2f} |",
        )
    )


def main() -> None:
    """Print the table."""
    print(machine_line())
    print("\n| hears every, s | told so | speeds known | begun twice | answered twice", end=" | ")
    print("tokens in vain | over the bound |\n|---:|---|---|---:|---:|---:|---:|")
    for policy in (Scheduler, Unmeasured):
        for known in (True, False):
            for delay in DELAYS:
                print(row(policy, delay, known=known), flush=True)


if __name__ == "__main__":
    main()
