"""Counts of agreement that can be added up over batches, and the shares they make.

A share is a ratio of two sums over articles. Its interval needs no more than the sums of squares
and products, which add up as well: so the footers of shards can carry them, and the card has
intervals without reading a table.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from relgen_assets.evaluation.agreement import DIMENSIONS, KINDS, Dimension, Kind, Shared
from relgen_assets.evaluation.intervals import NOTHING, Interval
from relgen_assets.evaluation.ratios import Moments, ratio_interval

_BETWEEN: Final = "\t"
Way = str
REPEATS: Final[Way] = "repeats"
"""Of what its neighbours say of the shared text, the share that it says too: what is not missed."""
IS_REPEATED: Final[Way] = "is_repeated"
"""Of what it says of the shared text, the share that its neighbours say too: what is not made up,
as far as they do not miss it."""
WAYS: Final[tuple[Way, ...]] = (REPEATS, IS_REPEATED)


class Agreement(NamedTuple):
    """How far the answers of one kind and their neighbours agree.

    Attributes:
        dimension: What tells this kind of answers from others.
        value: The model, endpoint, prompt or mode.
        shares: The shares, by what is said and which way.
    """

    dimension: Dimension
    value: str
    shares: Mapping[tuple[Kind, Way], Interval]

    def share(self, kind: Kind, way: Way) -> Interval:
        """Return one of the shares."""
        return self.shares.get((kind, way), NOTHING)


def agreement_counts(
    shared: Iterable[Shared], *, shown: Callable[[Dimension, str], str] = lambda _, value: value
) -> dict[str, int]:
    """Return the sums that agreement is computed from, under keys that add up over batches.

    Args:
        shared: The shared texts; those of one article are all there.
        shown: Returns the name under which a model, endpoint, prompt or mode is counted.
    """
    by_article: dict[tuple[str, ...], dict[str, list[int]]] = defaultdict(dict)
    for one in shared:
        for own, other in one.sides:
            for dimension in DIMENSIONS:
                value = shown(dimension, getattr(own.maker, dimension))
                for kind in KINDS:
                    said, heard = own.items(kind), other.items(kind)
                    both = len(said & heard)
                    for way, whole in ((REPEATS, len(heard)), (IS_REPEATED, len(said))):
                        sums = by_article[dimension, value, kind, way]
                        found = sums.setdefault(one.paper_id, [0, 0])
                        found[0] += whole
                        found[1] += both
    counts: Counter[str] = Counter()
    for key, articles in by_article.items():
        moments = Moments.of((whole, part) for whole, part in articles.values())
        for name, number in moments._asdict().items():
            counts[_BETWEEN.join((*key, name))] = int(number)
    return {key: number for key, number in counts.items() if number}


def agreements(counts: Mapping[str, int]) -> list[Agreement]:
    """Return the agreement of each model, endpoint, prompt and mode, from sums of counts."""
    sums: dict[tuple[Dimension, str], dict[tuple[Kind, Way], dict[str, int]]] = {}
    for key, number in counts.items():
        dimension, value, kind, way, moment = key.split(_BETWEEN)
        of_value = sums.setdefault((_dimension(dimension), value), {})
        of_value.setdefault((_kind(kind), way), {})[moment] = number
    found = [
        Agreement(
            dimension,
            value,
            {key: ratio_interval(Moments(**moments)) for key, moments in of_value.items()},
        )
        for (dimension, value), of_value in sums.items()
    ]
    return sorted(found, key=lambda one: (DIMENSIONS.index(one.dimension), one.value))


def overall(shared: Sequence[Shared], kind: Kind) -> Interval:
    """Return the share of what an answer says of a shared text that the other says too."""
    articles: dict[str, list[int]] = {}
    for one in shared:
        found = articles.setdefault(one.paper_id, [0, 0])
        earlier, later = one.earlier.items(kind), one.later.items(kind)
        found[0] += len(earlier) + len(later)
        found[1] += 2 * len(earlier & later)
    return ratio_interval(Moments.of((whole, part) for whole, part in articles.values()))


def _dimension(name: str) -> Dimension:
    return next(one for one in DIMENSIONS if one == name)


def _kind(name: str) -> Kind:
    return next(one for one in KINDS if one == name)
