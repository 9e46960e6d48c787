"""Whether setting B is worse than setting A: paired differences over the same chunks.

What varies is drawn by article: an article whose text is hard is hard for both settings, and its
chunks resemble each other. So the counts of both settings about one article are one unit of the
bootstrap (`intervals`), and what the settings share cancels out.

Three measures decide: the share of chunks that make a row, the share of the stated relations that
are supported, and the supported relations of a chunk. Their intervals are simultaneous: together
they hold the truth in 95 % of cases (Bonferroni: 98.3 % each). B is *worse* where one of them lies
below zero; without any difference that happens in 2.5 % of cases at most. B is *not worse* where
it is not shown to be worse and both shares lie above the margin, a non-inferiority test: a B that
is worse by the margin passes in 1 to 2 % of cases, since it has to pass twice (intersection-union,
Berger 1982). The third measure has no margin, because counts vary several times as much: it is
there to catch a B whose answers are right because they say little. Where neither holds, the chunks
are too few.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from relgen_assets.evaluation.intervals import (
    DRAWS,
    LEVEL,
    Counts,
    Interval,
    Statistic,
    bootstrap,
    ratio,
    summed_by,
)
from relgen_assets.evaluation.outcomes import ChunkOutcome

MARGIN: Final = 0.05
"""How much worse B may be and still pass: five points."""
DECIDING: Final = 3
"""Measures that decide."""
SIMULTANEOUS: Final = 1 - (1 - LEVEL) / DECIDING
"""Level of each of their intervals."""
_NORMAL: Final = NormalDist()
FOUND: Final = 1 + _NORMAL.inv_cdf(0.9) / _NORMAL.inv_cdf((1 + SIMULTANEOUS) / 2)
"""Half lengths of an interval that a difference needs to be found nine times in ten: the estimate
falls short of it by 1.28 standard errors in one case of ten, and may not reach zero then."""

_CHUNKS, _ACCEPTED, _STATED, _SUPPORTED = range(4)
_COLUMNS: Final = 4
"""Columns of one setting; those of B follow those of A."""


class Measured(BaseModel):
    """One measure under both settings.

    Attributes:
        a: Under setting A; `None` if it cannot be measured.
        b: Under setting B.
        difference: B against A, as `relative` says, with its interval.
        relative: Whether the difference is a share of A's value; otherwise it is B minus A.
    """

    model_config = ConfigDict(frozen=True)

    a: float | None = Field(description="Under setting A.")
    b: float | None = Field(description="Under setting B.")
    difference: Interval = Field(description="B against A, with its interval.")
    relative: bool = Field(description="Whether it is a share of A's value, or B minus A.")

    @property
    def is_worse(self) -> bool:
        """Whether B has less, beyond chance."""
        return self.difference.high is not None and self.difference.high < 0

    def is_not_worse(self, margin: float) -> bool:
        """Return whether B has less by no more than a margin, beyond chance."""
        return self.difference.low is not None and self.difference.low > -margin

    @property
    def findable(self) -> float | None:
        """The smallest difference that this many chunks reveal nine times in ten."""
        low, high = self.difference.low, self.difference.high
        return None if low is None or high is None else FOUND * (high - low) / 2


class Quality(BaseModel):
    """What two settings make of the same chunks.

    Attributes:
        chunks: Number of chunks.
        articles: Number of their articles, which are the independent units.
        margin: How much worse B may be and still pass.
        accepted: Share of the chunks whose answer makes a row.
        supported: Share of the stated relations that are supported.
        relations: Supported relations per chunk.
    """

    model_config = ConfigDict(frozen=True)

    chunks: int
    articles: int
    margin: float
    accepted: Measured
    supported: Measured
    relations: Measured

    @property
    def is_worse(self) -> bool:
        """Whether B is shown to be worse than A."""
        return any(one.is_worse for one in (self.accepted, self.supported, self.relations))

    @property
    def is_not_worse(self) -> bool:
        """Whether B is shown to be worse by no more than the margin."""
        shares = (self.accepted, self.supported)
        return not self.is_worse and all(one.is_not_worse(self.margin) for one in shares)

    @property
    def findable(self) -> float | None:
        """The smallest difference of a share that this many chunks reveal nine times in ten."""
        both = [one.findable for one in (self.accepted, self.supported)]
        known = [one for one in both if one is not None]
        return max(known) if len(known) == len(both) else None

    @property
    def chunks_needed(self) -> int | None:
        """About how many chunks find a difference of the margin nine times in ten."""
        findable = self.findable
        if findable is None or not self.margin:
            return None
        # The length of an interval falls with the root of the number of units.
        return max(1, math.ceil(self.chunks * (findable / self.margin) ** 2))


def compare_quality(
    a: Sequence[ChunkOutcome],
    b: Sequence[ChunkOutcome],
    *,
    margin: float = MARGIN,
    draws: int = DRAWS,
    seed: int = 0,
) -> Quality:
    """Return how the answers of two settings about the same chunks differ.

    Args:
        a: What came of setting A, at least one chunk.
        b: What came of setting B, the same chunks in the same order.
        margin: How much worse B may be and still pass, as a share.
        draws: Resamples of each interval.
        seed: Makes the same intervals again.

    Raises:
        ValueError: The chunks are not the same.
    """
    if [one.chunk_id for one in a] != [one.chunk_id for one in b] or not a:
        raise ValueError("both settings need outcomes of the same chunks, in one order")
    rows = np.array([[*_columns(one), *_columns(other)] for one, other in zip(a, b, strict=True)])
    units = summed_by(rows, [one.article for one in a])

    def measured(
        part: int, whole: int, counts: Counts, difference: Statistic, *, relative: bool
    ) -> Measured:
        interval = bootstrap(counts, difference, level=SIMULTANEOUS, draws=draws, seed=seed)
        sums = rows.sum(axis=0)
        value = _number(difference(sums))
        return Measured(
            a=_number(ratio(part, whole)(sums)),
            b=_number(ratio(part + _COLUMNS, whole + _COLUMNS)(sums)),
            difference=interval.model_copy(update={"value": value, "units": len(units)}),
            relative=relative,
        )

    return Quality(
        chunks=len(rows),
        articles=len(units),
        margin=margin,
        accepted=measured(
            _ACCEPTED, _CHUNKS, _guarded(units), _points(_ACCEPTED, _CHUNKS), relative=False
        ),
        supported=measured(
            _SUPPORTED, _STATED, units, _points(_SUPPORTED, _STATED), relative=False
        ),
        relations=measured(
            _SUPPORTED, _CHUNKS, units, change(_SUPPORTED, _SUPPORTED + _COLUMNS), relative=True
        ),
    )


def change(a: int, b: int) -> Statistic:
    """Return the statistic that says by which share the sum of one column exceeds another's."""
    of = ratio(b, a)
    return lambda sums: of(sums) - 1


def _columns(one: ChunkOutcome) -> list[float]:
    return [1.0, float(one.accepted), float(one.stated), float(one.supported)]


def _guarded(units: Counts) -> Counts:
    """Return the units with two more, so that the difference of accepted rows is never certain.

    Where both settings accept the same chunks, every resample shows no difference, which is no
    proof that there is none. So one article joins in which B gains a row, and one in which it
    loses one, as Bonett and Price (2012) add one to each kind of discordant pair.
    """
    usual = np.zeros((2, units.shape[1]))
    usual[:, [_CHUNKS, _CHUNKS + _COLUMNS]] = units[:, _CHUNKS].mean()
    usual[0, _ACCEPTED] = usual[1, _ACCEPTED + _COLUMNS] = 1
    return np.vstack([units, usual])


def _points(part: int, whole: int) -> Statistic:
    """Return the statistic that says how much larger a share is under B than under A."""
    a, b = ratio(part, whole), ratio(part + _COLUMNS, whole + _COLUMNS)
    return lambda sums: b(sums) - a(sums)


def _number(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
