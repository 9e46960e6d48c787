"""What two settings cost on the same chunks, and how far their answers agree.

Paired by article, as in `comparison`. None of it decides: what is dearer may be worth it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from relgen_assets.evaluation.comparison import Measured, change
from relgen_assets.evaluation.intervals import Counts, Interval, bootstrap, share, summed_by
from relgen_assets.evaluation.outcomes import ChunkOutcome

_COMMON, _PAIRS_A, _PAIRS_B = range(3)


class Costs(BaseModel):
    """Means per chunk under both settings, and the agreement of their answers.

    Attributes:
        tokens_read: Prompt tokens.
        tokens_written: Answer tokens.
        seconds: Seconds of the request on its endpoint.
        watt_hours: Energy; `None` unless every endpoint that answered has `watts`.
        agreement: Share of the pairs of names that both settings relate, of those that either does,
            where pairs of both count twice (Dice).
    """

    model_config = ConfigDict(frozen=True)

    tokens_read: Measured
    tokens_written: Measured
    seconds: Measured
    watt_hours: Measured | None
    agreement: Interval


def compare_costs(a: Sequence[ChunkOutcome], b: Sequence[ChunkOutcome], *, seed: int = 0) -> Costs:
    """Return what two settings cost on the same chunks.

    Args:
        a: What came of setting A, at least one chunk.
        b: What came of setting B, the same chunks in the same order.
        seed: Makes the same intervals again.
    """
    articles = [one.article for one in a]
    both = list(zip(a, b, strict=True))
    energy = [(x.watt_hours, y.watt_hours) for x, y in both]
    known = [pair for pair in energy if None not in pair]
    return Costs(
        tokens_read=_measured(articles, [(x.tokens_read, y.tokens_read) for x, y in both], seed),
        tokens_written=_measured(
            articles, [(x.tokens_written, y.tokens_written) for x, y in both], seed
        ),
        seconds=_measured(articles, [(x.seconds, y.seconds) for x, y in both], seed),
        watt_hours=_measured(articles, known, seed) if len(known) == len(both) else None,
        agreement=bootstrap(_pairs(a, b), _dice, seed=seed),
    )


def _measured(articles: Sequence[str], values: Sequence[Sequence[Any]], seed: int) -> Measured:
    rows = np.array(values, dtype=np.float64)
    a, b = rows.mean(axis=0).tolist()
    interval = bootstrap(summed_by(rows, articles), change(0, 1), seed=seed)
    return Measured(a=a, b=b, difference=interval, relative=True)


def _pairs(a: Sequence[ChunkOutcome], b: Sequence[ChunkOutcome]) -> Counts:
    rows = [(len(x.pairs & y.pairs), len(x.pairs), len(y.pairs)) for x, y in zip(a, b, strict=True)]
    return summed_by(rows, [one.article for one in a])


def _dice(sums: Counts) -> Any:
    return share(2 * sums[..., _COMMON], sums[..., _PAIRS_A] + sums[..., _PAIRS_B])
