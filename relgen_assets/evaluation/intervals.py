"""Intervals of estimates: how far they may be off because other articles could have been drawn.

A *unit* is what was drawn independently: an article, or a chunk where articles are few. Its counts
are one row of an array, and an estimate is a function of the summed rows, such as a precision. To
compare two settings, put the counts of both about the same unit into one row: the bootstrap then
draws pairs, and what makes a chunk hard for both cancels out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from statistics import NormalDist
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

Counts: TypeAlias = npt.NDArray[np.float64]
Statistic: TypeAlias = Callable[[Counts], Any]
"""From summed counts, shape `(..., columns)`, to estimates, shape `(...)`; NaN for none."""

LEVEL: Final = 0.95
DRAWS: Final = 2_000
"""Resamples: an end of an interval then varies by about a fiftieth of its length."""
LEAST_UNITS: Final = 2
"""Units from which an interval can be told."""
_CELLS: Final = 4_000_000
"""Weights that are held in memory at a time."""


class Interval(BaseModel):
    """An estimate and where it lies with a given certainty.

    Attributes:
        value: The estimate; `None` if nothing was measured.
        low: Lower end; `None` where units are too few to tell.
        high: Upper end, likewise.
        units: How many independent units it rests on.
    """

    model_config = ConfigDict(frozen=True)

    value: float | None = Field(description="The estimate; `null` if nothing was measured.")
    low: float | None = Field(description="Lower end; `null` where units are too few to tell.")
    high: float | None = Field(description="Upper end, likewise.")
    units: int = Field(description="Independent units it rests on.")

    def __str__(self) -> str:
        """Return it in percent: `61.2 (55.0 to 67.1)`."""
        if self.value is None:
            return "none"
        if self.low is None or self.high is None:
            return f"{100 * self.value:.1f}"
        return f"{100 * self.value:.1f} ({100 * self.low:.1f} to {100 * self.high:.1f})"


NOTHING: Final = Interval(value=None, low=None, high=None, units=0)
"""The estimate of what was not measured."""


def bootstrap(
    counts: npt.ArrayLike,
    statistic: Statistic,
    *,
    level: float = LEVEL,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Return an estimate with its percentile bootstrap interval (Efron and Tibshirani 1993).

    The ends are widened for few units by Hesterberg's expanded percentiles (2015, "What teachers
    should know about the bootstrap", section 4.4): without that, ten units give 95 % intervals that
    hold the truth in 90 % of cases. Resamples for which there is no estimate are left out.

    Args:
        counts: Counts of each unit, shape `(units, columns)`.
        statistic: The estimate from sums over units.
        level: How often the interval should hold the truth.
        draws: Resamples.
        seed: Makes the same interval again.
    """
    rows = np.asarray(counts, dtype=np.float64)
    units = len(rows)
    if not units:
        return NOTHING
    value = _number(statistic(rows.sum(axis=0)))
    if value is None or units < LEAST_UNITS:
        return Interval(value=value, low=None, high=None, units=units)
    estimates = _resampled(rows, statistic, draws, seed)
    estimates = estimates[np.isfinite(estimates)]
    if not len(estimates):
        return Interval(value=value, low=None, high=None, units=units)
    tail = _expanded((1 - level) / 2, units)
    low, high = np.quantile(estimates, [tail, 1 - tail])
    return Interval(value=value, low=float(low), high=float(high), units=units)


def bootstrap_share(
    counts: npt.ArrayLike, statistic: Statistic, *, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """Return `bootstrap` of an estimate between 0 and 1, also where all units are alike.

    Resamples of units that all show 0 % are all 0 %, which is not certainty. The end is then the
    share that a unit may have of showing anything, though none of so many did: the exact limit of
    Clopper and Pearson (1934) for none of `units`. At 100 % likewise.
    """
    interval = bootstrap(counts, statistic, draws=draws, seed=seed)
    if interval.low is None or interval.low != interval.high or interval.value not in (0.0, 1.0):
        return interval
    reach = 1 - ((1 - LEVEL) / 2) ** (1 / interval.units)
    if interval.value == 0.0:
        return interval.model_copy(update={"high": reach})
    return interval.model_copy(update={"low": 1 - reach})


def wilson(found: int, of: int, *, level: float = LEVEL) -> Interval:
    """Return a share of independent trials with Wilson's score interval (1927).

    Unlike a bootstrap it has a length at 0 and at 100 %.

    Args:
        found: Trials that succeeded.
        of: All trials.
        level: How often the interval should hold the truth.
    """
    if not of:
        return NOTHING
    share, z = found / of, NormalDist().inv_cdf((1 + level) / 2)
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return Interval(
        value=share,
        low=min(share, max(0.0, middle - half)),
        high=max(share, min(1.0, middle + half)),
        units=of,
    )


def summed_by(counts: npt.ArrayLike, groups: Sequence[Hashable]) -> Counts:
    """Return counts summed within groups: chunks of one article are not independent.

    Args:
        counts: Counts of each row, shape `(rows, columns)`.
        groups: The group of each row.

    Returns:
        Counts of each group, shape `(groups, columns)`, in the order of their first rows.
    """
    rows = np.asarray(counts, dtype=np.float64)
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    sums = np.zeros((len(numbers), *rows.shape[1:]))
    np.add.at(sums, [numbers[group] for group in groups], rows)
    return sums


def ratio(part: int, whole: int) -> Statistic:
    """Return the statistic that divides the sum of one column by that of another."""

    def divided(sums: Counts) -> Any:
        return share(sums[..., part], sums[..., whole])

    return divided


def share(part: Any, whole: Any) -> Any:
    """Return a part of a whole, element by element; NaN where there is no whole."""
    wholes = np.asarray(whole, dtype=np.float64)
    return np.where(wholes > 0, np.asarray(part) / np.where(wholes > 0, wholes, 1.0), np.nan)


def _number(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _resampled(rows: Counts, statistic: Statistic, draws: int, seed: int) -> Counts:
    """Return the estimates of resamples, a few at a time to bound the memory."""
    units = len(rows)
    random = np.random.default_rng(seed)
    step = max(1, _CELLS // units)
    parts = [
        statistic(_weights(random, units, size) @ rows)
        for size in (min(step, draws - at) for at in range(0, draws, step))
    ]
    return np.concatenate([np.atleast_1d(part) for part in parts])


def _weights(random: np.random.Generator, units: int, draws: int) -> Counts:
    """Return how often each unit is drawn, shape `(draws, units)`.

    Counting drawn numbers takes a tenth of the time of drawing the counts themselves.
    """
    drawn = random.integers(units, size=(draws, units))
    drawn += np.arange(draws)[:, np.newaxis] * units
    counts = np.bincount(drawn.ravel(), minlength=draws * units)
    return counts.reshape(draws, units).astype(np.float64)


def _expanded(tail: float, units: int) -> float:
    """Return the tail of Hesterberg's expanded percentiles for so many units."""
    normal = NormalDist()
    return normal.cdf(math.sqrt(units / (units - 1)) * student_quantile(tail, units - 1))


def student_quantile(tail: float, freedom: int) -> float:
    """Return a quantile of Student's t; exact for one and two degrees of freedom.

    Otherwise by the expansion of Abramowitz and Stegun 26.7.5, good to 0.5 % from three degrees on
    at the usual levels.
    """
    if freedom == 1:
        return math.tan(math.pi * (tail - 0.5))
    if freedom == 2:
        return (2 * tail - 1) * math.sqrt(2 / (4 * tail * (1 - tail)))
    z = NormalDist().inv_cdf(tail)
    terms: tuple[float, ...] = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + math.fsum(term / freedom**power for power, term in enumerate(terms, start=1))
