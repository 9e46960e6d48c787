"""Which examples that state no relation stand in the dataset.

A model that never sees such an answer learns to assert something about every text. One that sees
too many learns to say nothing. Batches are exported on their own, so the share is that of each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from relgen_assets.export.examples import FullExample


def states_nothing(example: FullExample) -> bool:
    """Return whether an example states no relation."""
    return not example.relations


def most_empty(filled: int, empty: int, percent: int) -> int:
    """Return how many empty rows stand beside others: at most `percent` of all that stand.

    Args:
        filled: Rows with a relation.
        empty: Rows without any.
        percent: Largest share of rows without any among all rows, 0 to 100.
    """
    if percent == 100:
        return empty
    return min(empty, filled * percent // (100 - percent))


def thinned(examples: Sequence[FullExample], percent: int) -> list[FullExample]:
    """Return the examples of a batch without the empty ones beyond their share, in their order.

    Those with the lowest hash of their chunk's id stand: the same ones in whatever order the
    examples come.
    """
    empty = sorted(filter(states_nothing, examples), key=_rank)
    standing = most_empty(len(examples) - len(empty), len(empty), percent)
    left_out = {example.chunk_id for example in empty[standing:]}
    return [example for example in examples if example.chunk_id not in left_out]


def _rank(example: FullExample) -> bytes:
    return hashlib.sha256(example.chunk_id.encode("utf-8", "surrogatepass")).digest()
