"""Counts of a dataset, added up over the footers of its shards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from relgen_assets.export.footers import ShardFacts


def added(facts: Iterable[ShardFacts], name: str) -> Counter[str]:
    """Return the counts under one name, added up."""
    total: Counter[str] = Counter()
    for one in facts:
        total.update(getattr(one, name))
    return total


def summed(facts: Iterable[ShardFacts], name: str) -> int:
    """Return the number under one name, added up."""
    return sum(getattr(one, name) for one in facts)


def ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return counts from the largest, equal ones by name; none of zero."""
    return sorted(
        ((value, count) for value, count in counts.items() if count),
        key=lambda item: (-item[1], item[0]),
    )
