"""Intervals of a share from sums that add up over batches, so that no unit needs to be kept."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from relgen_assets.evaluation.intervals import (
    LEAST_UNITS,
    LEVEL,
    NOTHING,
    Interval,
    student_quantile,
)


class Moments(NamedTuple):
    """Sums over units from which a ratio of two sums gets its interval; they add up over batches.

    Attributes:
        units: Units with a whole.
        whole: Sum of the wholes.
        part: Sum of the parts.
        whole_squares: Sum of the squares of the wholes.
        products: Sum of the products of part and whole.
        part_squares: Sum of the squares of the parts.
    """

    units: float = 0
    whole: float = 0
    part: float = 0
    whole_squares: float = 0
    products: float = 0
    part_squares: float = 0

    @classmethod
    def of(cls, units: Iterable[tuple[float, float]]) -> Moments:
        """Return the sums over units, each with its whole and its part."""
        found = [(whole, part) for whole, part in units if whole]
        return cls(
            len(found),
            sum(whole for whole, _ in found),
            sum(part for _, part in found),
            sum(whole * whole for whole, _ in found),
            sum(whole * part for whole, part in found),
            sum(part * part for _, part in found),
        )


def ratio_interval(sums: Moments, *, level: float = LEVEL) -> Interval:
    """Return a share as a ratio of sums, with its linearised interval (Cochran 1977, 6.3).

    The interval is taken on the logit scale, so that it stays between 0 and 1, with quantiles of
    Student's t. At 0 and at 1, its end is that of `bootstrap_share`.

    Args:
        sums: The sums over units.
        level: How often the interval should hold the truth.
    """
    units = int(sums.units)
    if not sums.whole:
        return NOTHING
    value = sums.part / sums.whole
    if units < LEAST_UNITS:
        return Interval(value=value, low=None, high=None, units=units)
    if value in (0.0, 1.0):
        reach = 1 - ((1 - level) / 2) ** (1 / units)
        ends = (0.0, reach) if value == 0.0 else (1 - reach, 1.0)
        return Interval(value=value, low=ends[0], high=ends[1], units=units)
    squares = sums.part_squares - 2 * value * sums.products + value * value * sums.whole_squares
    error = math.sqrt(max(0.0, squares) * units / (units - 1)) / sums.whole
    half = -student_quantile((1 - level) / 2, units - 1) * error / (value * (1 - value))
    middle = math.log(value / (1 - value))
    return Interval(value=value, low=_expit(middle - half), high=_expit(middle + half), units=units)


def _expit(logit: float) -> float:
    # Beyond 700 the exponential overflows; the share is 0 or 1 long before.
    return 1 / (1 + math.exp(-max(-700.0, min(700.0, logit))))
