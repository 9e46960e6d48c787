"""Scores over many answers: shares and F1, each with an interval, in all and by origin.

Precision, recall and F1 are micro-averages: over all names, or pairs, of all texts. A document is a
unit of the bootstrap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from relgen_assets.evaluation.intervals import (
    Counts,
    Interval,
    Statistic,
    bootstrap_share,
    share,
    summed_by,
)
from relgen_assets.evaluation.scoring import COLUMNS, Scored, columns

_AT: Final = {name: number for number, name in enumerate(COLUMNS)}
_SHARES: Final[Mapping[str, tuple[str, str]]] = {
    "answered": ("is_answered", "texts"),
    "valid_json": ("is_valid_json", "texts"),
    "usable": ("is_usable", "texts"),
    "grounded": ("grounded", "names"),
    "supported": ("supported", "relations"),
}
"""Shares, each as what is counted and of what."""
STAGES: Final[Mapping[str, str]] = {"": "kept", "answered_": "answered"}
"""What is compared, by the prefix of its scores: what the judge keeps, and all that is answered."""
MATCHED: Final[Mapping[str, str]] = {
    "names_exact": "exact",
    "names": "names",
    "pairs": "pairs",
    "pairs_undirected": "undirected",
}
"""What is compared with gold, by the beginning of its scores."""


class Scores(BaseModel):
    """What the answers of one endpoint are worth on some texts.

    Attributes:
        texts: Number of texts.
        documents: Number of documents that they belong to.
        scores: Every score by its name; see `METRICS`.
    """

    model_config = ConfigDict(frozen=True)

    texts: int
    documents: int
    scores: dict[str, Interval]


def scores_of(scored: Sequence[Scored]) -> Scores:
    """Return the scores of answers."""
    documents = [(one.gold.origin, one.gold.document) for one in scored]
    units = summed_by(columns(scored), documents)
    return Scores(
        texts=len(scored),
        documents=len(units),
        scores={name: bootstrap_share(units, statistic) for name, statistic in METRICS.items()},
    )


def by_origin(scored: Sequence[Scored]) -> dict[str, Scores]:
    """Return the scores of answers by the origin of their texts; empty if there is only one."""
    origins = dict.fromkeys(one.gold.origin for one in scored)
    if len(origins) < 2:
        return {}
    return {
        origin: scores_of([one for one in scored if one.gold.origin == origin])
        for origin in origins
    }


def _share_of(part: str, whole: str) -> Statistic:
    return lambda sums: share(sums[..., _AT[part]], sums[..., _AT[whole]])


def _f1(right: str, answered: str, gold: str) -> Statistic:
    def harmonic(sums: Counts) -> Any:
        # 2 PR / (P + R), written without the quotients, so that it is 0 where nothing is right.
        return share(2 * sums[..., _AT[right]], sums[..., _AT[answered]] + sums[..., _AT[gold]])

    return harmonic


def _metrics() -> dict[str, Statistic]:
    found = {name: _share_of(*parts) for name, parts in _SHARES.items()}
    for prefix, stage in STAGES.items():
        for name, measure in MATCHED.items():
            at = [f"{stage}.{measure}.{part}" for part in ("right", "answered", "gold")]
            found[f"{prefix}{name}_precision"] = _share_of(at[0], at[1])
            found[f"{prefix}{name}_recall"] = _share_of(at[0], at[2])
            found[f"{prefix}{name}_f1"] = _f1(*at)
    return found


METRICS: Final[Mapping[str, Statistic]] = _metrics()
"""Every score by its name, as a statistic of summed counts."""
