"""Missing and inventing told apart, as far as overlaps can tell them apart.

Between the answers of endpoints k and l, the share of what k says that l repeats is

    agreement(k, l) = truth(k) * recall(l)        (see `agreement`)

A fleet in which chunks go to any endpoint gives such a share for every pair, also for k = l. A
matrix of rank one is known up to one factor: multiply every truth by it, divide every recall by it,
and nothing that was observed changes. So the *order* of the endpoints, by missing and by inventing,
is known from overlaps alone, while the level is not. It takes one number from elsewhere: here the
truth of the endpoint that invents least, which is 1 unless told otherwise, or the recall of one
endpoint, such as its share of needles found. Without one, truths are upper and recalls lower
limits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from relgen_assets.evaluation.agreement import Dimension, Kind, Shared

_ROUNDS: Final = 200
"""The fit halves its distance in each round or better, so this is more than enough."""

Repeats = Mapping[tuple[str, str], tuple[float, float]]
"""What one kind of answers says in texts shared with another, and what that repeats of it."""


class Separated(NamedTuple):
    """The two factors of agreement, by kind of answers.

    Attributes:
        recall: The share of what is there that an answer says.
        truth: The share of what an answer says that is there.
    """

    recall: dict[str, float]
    truth: dict[str, float]


def repeats_between(shared: Iterable[Shared], dimension: Dimension, kind: Kind) -> Repeats:
    """Return how often the answers of each kind repeat those of each kind."""
    said, repeated = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one in shared:
        for own, other in one.sides:
            key = (getattr(own.maker, dimension), getattr(other.maker, dimension))
            said[key] += len(own.items(kind))
            repeated[key] += len(own.items(kind) & other.items(kind))
    return {key: (number, repeated[key]) for key, number in said.items() if number}


def separated(repeats: Repeats, known_recall: Mapping[str, float] | None = None) -> Separated:
    """Return recall and truth of each kind of answers.

    The factors are fitted in turns: each truth is what its items were repeated, over what their
    readers would have repeated of the truth; each recall likewise.

    Args:
        repeats: How often the answers of each kind repeat those of each kind.
        known_recall: The recall of some kinds, from elsewhere; their mean settles the level.
            Without any above 0, the largest truth is taken as 1.
    """
    names = list(dict.fromkeys(name for pair in repeats for name in pair))
    truth, recall = dict.fromkeys(names, 1.0), dict.fromkeys(names, 0.5)
    for _ in range(_ROUNDS):
        recall = _fitted(
            ((reader, truth[writer], *seen) for (writer, reader), seen in repeats.items()), recall
        )
        truth = _fitted(
            ((writer, recall[reader], *seen) for (writer, reader), seen in repeats.items()), truth
        )
    known = {
        name: value for name, value in (known_recall or {}).items() if value and recall.get(name)
    }
    if known:
        factor = sum(known.values()) / sum(recall[name] for name in known)
    else:
        factor = max(truth.values(), default=1.0) or 1.0
    return Separated(
        {name: value * factor for name, value in recall.items()},
        {name: value / factor for name, value in truth.items()},
    )


def _fitted(
    parts: Iterable[tuple[str, float, float, float]], before: Mapping[str, float]
) -> dict[str, float]:
    """Return one factor of each name: what was repeated over what the other factor explains.

    Args:
        parts: Name, the other factor, what was said, and what was repeated, for each pair.
        before: The factors so far, which stay where nothing can be told.
    """
    repeated: dict[str, float] = defaultdict(float)
    explained: dict[str, float] = defaultdict(float)
    for name, other, said, found in parts:
        repeated[name] += found
        explained[name] += other * said
    return {
        name: repeated[name] / explained[name] if explained[name] else value
        for name, value in before.items()
    }
