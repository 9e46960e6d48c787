"""Counts of lengths in buckets that are at most a sixteenth as wide as what they hold.

They are small enough for a footer, add up over shards, and still tell a median.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

_BITS: Final = 5
"""Leading binary digits of a length that a bucket keeps."""


def bucket(length: int) -> str:
    """Return the smallest length of the bucket that a length is in."""
    return str(length >> _shift(length) << _shift(length))


def histogram(lengths: Iterable[int]) -> dict[str, int]:
    """Return how many lengths are in each bucket."""
    return dict(Counter(map(bucket, lengths)))


def largest_in(lower: int) -> int:
    """Return the largest length in the bucket that begins with `lower`."""
    return lower + (1 << _shift(lower)) - 1


def at_most(counts: Mapping[str, int], share: float) -> int:
    """Return a length that at least this share of all lengths do not exceed.

    It is the end of a bucket, at most a sixteenth above the quantile itself; 0 without lengths.

    Args:
        counts: Lengths by bucket.
        share: Above 0, up to 1.
    """
    wanted = share * sum(counts.values())
    seen = 0
    lower = -1
    for lower in sorted(map(int, counts)):
        seen += counts[str(lower)]
        if seen >= wanted:
            break
    return largest_in(lower) if lower >= 0 else 0


def _shift(length: int) -> int:
    return max(0, length.bit_length() - _BITS)
