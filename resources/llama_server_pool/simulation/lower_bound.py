"""The least time that any scheduler needs for a batch, even if it knows everything in advance.

With p_j the work of request j in decode-token equivalents, R_i(k) the total rate of server i with k
busy slots, G(k) the greatest sum of R_i(k_i) over k_1 + k_2 + ... <= k, and S the number of slots,

    LB = max( max over k < S of (p_(1) + ... + p_(k)) / G(k),  (p_1 + ... + p_n) / G(S) )

where p_(1) >= p_(2) >= ...: the k longest requests never get more than the best k slots, and all
requests never get more than the whole fleet. The bound holds even if requests could be split over
time, moved between servers or run twice. If speeds change at known times, each quotient becomes
the time at which the integral of G reaches the numerator.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Phase:
    """A period in which no server changes its speed.

    Attributes:
        start: Seconds from the start of the batch.
        rates: For every server, its total decode rate with 1, 2, ... busy slots; empty if dead.
    """

    start: float
    rates: tuple[tuple[float, ...], ...]


def best_rates(rates: Sequence[Sequence[float]]) -> list[float]:
    """Return G(1), G(2), ... G(S): the greatest total rates with 1, 2, ... S busy slots.

    Args:
        rates: For every server its total rate with 1, 2, ... busy slots.
    """
    best = [0.0]
    for server in rates:
        options = [0.0, *server]
        grown = [0.0] * (len(best) + len(server))
        for used, rate in enumerate(best):
            for more, extra in enumerate(options):
                grown[used + more] = max(grown[used + more], rate + extra)
        best = grown
    for count in range(1, len(best)):
        best[count] = max(best[count], best[count - 1])
    return best[1:]


def lower_bound(work: Sequence[float], phases: Sequence[Phase]) -> float:
    """Return the least time in seconds for requests of the given work.

    Args:
        work: Decode-token equivalents of every request.
        phases: At least one, in chronological order; the first starts at 0, the last never ends.

    Returns:
        Seconds; infinite if work remains and no server works in the last phase.
    """
    if not work:
        return 0.0
    capacities = [best_rates(phase.rates) for phase in phases]
    slots = max(len(capacity) for capacity in capacities)
    starts = [phase.start for phase in phases]
    bound = _time_for(math.fsum(work), slots, starts, capacities)
    total = 0.0
    for count, longest in enumerate(sorted(work, reverse=True)[: slots - 1], start=1):
        total += longest
        bound = max(bound, _time_for(total, count, starts, capacities))
    return bound


def _time_for(
    work: float, slots: int, starts: Sequence[float], capacities: Sequence[Sequence[float]]
) -> float:
    """Return when the best `slots` slots have done this much work, in seconds."""
    speeds = [each[min(slots, len(each)) - 1] if each else 0.0 for each in capacities]
    for speed, (start, end) in zip(speeds, pairwise([*starts, math.inf]), strict=True):
        if speed > 0 and work <= speed * (end - start):
            return start + work / speed
        work -= speed * (end - start) if speed > 0 else 0.0
    return math.inf
