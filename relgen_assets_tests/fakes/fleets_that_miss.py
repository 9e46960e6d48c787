"""Fleets of endpoints with planted rates of missing and inventing, simulated without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from relgen_assets.evaluation.agreement import Maker, Said, Shared

Rates = Mapping[str, tuple[float, float]]
"""Missing and inventing, by endpoint."""
OVERLAPS = 6
"""Shared texts of an article."""
FACTS = (4, 9)
"""Fewest and most things that a shared text says."""


def planted_rates(endpoints: int, draw: Random) -> Rates:
    """Return rates of a fleet, unlike each other; the first endpoint invents nothing."""
    missing = [0.05 + 0.6 * at / max(1, endpoints - 1) for at in range(endpoints)]
    inventing = [0.4 * at / max(1, endpoints - 1) for at in range(endpoints)]
    draw.shuffle(missing)
    return {f"endpoint-{at:02}": one for at, one in enumerate(zip(missing, inventing, strict=True))}


def simulated(rates: Rates, *, articles: int, draw: Random) -> list[Shared]:
    """Return what the endpoints of a fleet say of the shared texts of some articles."""
    names = list(rates)
    shared: list[Shared] = []
    for article in range(articles):
        for _ in range(OVERLAPS):
            facts = [f"fact {number}" for number in range(draw.randint(*FACTS))]
            both = [_said(name, facts, *rates[name], draw) for name in draw.choices(names, k=2)]
            shared.append(Shared(f"article {article}", *both))
    return shared


def _said(
    endpoint: str, facts: Sequence[str], missing: float, inventing: float, draw: Random
) -> Said:
    said = {fact for fact in facts if draw.random() >= missing}
    # Of what is said, a share is made up: its odds to what is true.
    expected = len(facts) * (1 - missing) * inventing / (1 - inventing)
    made_up = int(expected) + (draw.random() < expected % 1)
    said |= {f"made up {draw.random()}" for _ in range(made_up)}
    return Said(Maker("model", endpoint, "prompt", "schema"), frozenset(said), frozenset())


def ranks_agree(planted: Mapping[str, float], estimated: Mapping[str, float]) -> float:
    """Return Spearman's rank correlation of two values by name; there are no ties."""
    names = list(planted)
    ranks = [
        {name: rank for rank, name in enumerate(sorted(names, key=values.__getitem__))}
        for values in (planted, estimated)
    ]
    squares = sum((ranks[0][name] - ranks[1][name]) ** 2 for name in names)
    return 1 - 6 * squares / (len(names) * (len(names) ** 2 - 1))
