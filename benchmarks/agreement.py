"""Benchmark: what agreement of overlaps tells of planted rates of missing and inventing.

    python -m benchmarks.agreement [--endpoints 12] [--articles 600] [--fleets 20]

Each fleet has endpoints with planted rates: one leaves out each thing that a text says with a
probability (*missing*), and a share of what it says is made up (*inventing*). Chunks go to any
endpoint. From what pairs of answers say of shared texts, both rates are estimated
(`relgen_assets.evaluation.separation`) and compared with what was planted. The endpoint that
invents least invents nothing, or its recall is known, as from needles: without either, only the
order can be told, which is why both are shown.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from random import Random
from statistics import fmean

from benchmarks.machine import machine_line
from relgen_assets.evaluation.agreement import Shared
from relgen_assets.evaluation.agreement_counts import agreement_counts, agreements
from relgen_assets.evaluation.separation import Separated, repeats_between, separated
from relgen_assets_tests.fakes.fleets_that_miss import (
    Rates,
    planted_rates,
    ranks_agree,
    simulated,
)


def covered(rates: Rates, shared: Sequence[Shared]) -> tuple[int, int]:
    """Return how many intervals of a fleet hold the share that its rates imply, of how many.

    A neighbour is any endpoint, so its items are those of the fleet as a whole.
    """
    weight = {name: (1 - one[0]) / (1 - one[1]) for name, one in rates.items()}
    truth = sum((1 - rates[name][1]) * of for name, of in weight.items()) / sum(weight.values())
    held = of = 0
    for one in agreements(agreement_counts(shared)):
        interval = one.share("names", "repeats")
        if one.dimension == "endpoint" and interval.low is not None and interval.high is not None:
            held += interval.low <= truth * (1 - rates[one.value][0]) <= interval.high
            of += 1
    return held, of


def _row(title: str, rates: Rates, fits: Sequence[Separated]) -> str:
    errors = [
        (abs(1 - fit.recall[name] - missing), abs(1 - fit.truth[name] - inventing))
        for fit in fits
        for name, (missing, inventing) in rates.items()
    ]
    ranks = [
        (
            -ranks_agree({name: one[0] for name, one in rates.items()}, fit.recall),
            -ranks_agree({name: one[1] for name, one in rates.items()}, fit.truth),
        )
        for fit in fits
    ]
    cells = []
    for at in (0, 1):
        cells += [
            f"{100 * fmean(one[at] for one in errors):.1f}",
            f"{100 * max(one[at] for one in errors):.1f}",
            f"{min(one[at] for one in ranks):.3f}",
        ]
    return f"| {title} | {' | '.join(cells)} |"


def main() -> None:
    """Print the errors of both estimates over several fleets, and how often intervals hold."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--endpoints", type=int, default=12)
    options.add_argument("--articles", type=int, default=600)
    options.add_argument("--fleets", type=int, default=20)
    given = options.parse_args()
    print(machine_line())
    rates = planted_rates(given.endpoints, Random(1))
    drawn = [
        simulated(rates, articles=given.articles, draw=Random(100 + fleet))
        for fleet in range(given.fleets)
    ]
    between = [repeats_between(shared, "endpoint", "names") for shared in drawn]
    best = min(rates, key=lambda name: rates[name][0])
    print(
        "| level from | missing: mean error, points | largest | least rank correlation |"
        " inventing: mean error, points | largest | least rank correlation |"
        "\n|---|---|---|---|---|---|---|"
    )
    print(_row("the endpoint that invents least", rates, [separated(one) for one in between]))
    known = {best: 1 - rates[best][0]}
    print(_row("one known recall", rates, [separated(one, known) for one in between]))
    held = [covered(rates, shared) for shared in drawn]
    share = sum(one for one, _ in held) / sum(of for _, of in held)
    print(f"\n95 % intervals of `repeats` that hold what the rates imply: {share:.1%}")


if __name__ == "__main__":
    main()
