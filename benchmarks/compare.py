"""Benchmark: how often `relgen compare` is wrong, and how many chunks it takes to be right.

    python -m benchmarks.compare [--draws 200] [--chunks 60 300 600 1400] [--redrawn 1.0 0.3]
        [--seed 1]

Settings A and B are simulated (`relgen_assets_tests.fakes.simulated_outcomes`), so that the true
difference is known: none, five points fewer accepted chunks, or five points fewer supported
relations. Every row is one comparison a draw, each of other articles. *False alarms* are
comparisons that call B worse where it is not; *found* those that call B worse where it is;
*passed* those that call B not worse within five points.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from benchmarks.machine import machine_line
from relgen_assets.evaluation.comparison import compare_quality
from relgen_assets.evaluation.intervals import wilson
from relgen_assets_tests.fakes.simulated_outcomes import World, draw

POINTS: Final = 0.05
CASES: Final = {
    "none": {},
    "rows": {"rows": POINTS},
    "support": {"support": POINTS},
}
"""The true difference between A and B."""
REDRAWN: Final = (1.0, 0.3)
"""Share of the chunks of which A and B write answers that have nothing in common but the text."""
RESAMPLES: Final = 1_000


class Rates(NamedTuple):
    """How many of the draws were called worse, and how many passed."""

    worse: int
    passed: int
    needed: float


def rates(world: World, chunks: int, case: str, draws: int, seed: int) -> Rates:
    """Return what comparisons of simulated settings say, over independent draws."""
    worse = passed = 0
    needed: list[int] = []
    for number in range(draws):
        rng = np.random.default_rng([seed, chunks, number])
        found = compare_quality(
            *draw(world, chunks, rng, **CASES[case]), draws=RESAMPLES, seed=number
        )
        worse += found.is_worse
        passed += found.is_not_worse
        needed += [found.chunks_needed] if found.chunks_needed else []
    return Rates(worse, passed, float(np.median(needed)) if needed else float("nan"))


def lines(arguments: argparse.Namespace) -> Iterator[str]:
    """Yield the table, line by line."""
    yield "| answers redrawn | chunks | false alarms | found: rows | found: support |" + (
        " passed: none | passed: rows | passed: support | said to be needed |"
    )
    yield "|" + "---:|" * 9
    for redrawn in arguments.redrawn:
        for chunks in arguments.chunks:
            done = {
                case: rates(World(redrawn=redrawn), chunks, case, arguments.draws, arguments.seed)
                for case in CASES
            }
            worse = [_percent(one.worse, arguments.draws) for one in done.values()]
            passed = [_percent(one.passed, arguments.draws) for one in done.values()]
            cells = [
                f"{redrawn:.0%}",
                f"{chunks:,}",
                *worse,
                *passed,
                f"{done['none'].needed:,.0f}",
            ]
            yield f"| {' | '.join(cells)} |"


def _percent(found: int, of: int) -> str:
    interval = wilson(found, of)
    return (
        f"{found / of:.1%} (to {interval.high or 0:.0%})" if found < of / 2 else f"{found / of:.1%}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--chunks", type=int, nargs="+", default=[60, 300, 600, 1_400])
    parser.add_argument("--redrawn", type=float, nargs="+", default=list(REDRAWN))
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(machine_line())
    started = time.perf_counter()
    for line in lines(arguments):
        print(line, flush=True)
    print(f"\n{time.perf_counter() - started:,.0f} s")


if __name__ == "__main__":
    main()
