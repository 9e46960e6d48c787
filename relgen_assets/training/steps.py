"""How many steps a training takes, and after which of them it is stored. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from relgen_assets.training.recipes import Recipe

_CHECKPOINTS: Final = 5
_RECORDS: Final = 100
_WARM_UP: Final = 0.05
"""Share of the steps in which the rate rises to its full height."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a training.

    Attributes:
        total: All steps of the optimizer.
        warm_up: The first of them, in which the rate rises.
        store_every: Steps from one checkpoint to the next, where validation rows are watched too.
        record_every: Steps from one point of the loss plot to the next.
    """

    total: int
    warm_up: int
    store_every: int
    record_every: int


def plan_steps(rows: int, recipe: Recipe) -> Steps:
    """Return the steps for so many rows; the last step of an epoch may see fewer rows."""
    an_epoch = math.ceil(math.ceil(rows / recipe.batch) / recipe.accumulation)
    total = max(1, math.ceil(an_epoch * recipe.epochs))
    return Steps(
        total=total,
        warm_up=math.ceil(total * _WARM_UP),
        store_every=max(1, math.ceil(total / _CHECKPOINTS)),
        record_every=max(1, total // _RECORDS),
    )
