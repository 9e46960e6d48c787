"""Buckets tell lengths to an eighth, and a quantile is never told too low."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.export.histograms import at_most, bucket, histogram, largest_in
from relgen_assets.export.plots import buckets

LENGTHS = st.lists(st.integers(0, 10**6), min_size=1, max_size=60)


@given(st.integers(0, 10**9))
def test_a_length_is_in_its_bucket_which_is_narrow(length: int) -> None:
    lower = int(bucket(length))
    assert lower <= length <= largest_in(lower)
    assert largest_in(lower) - lower <= lower / 16


@given(LENGTHS, st.sampled_from([0.5, 0.9, 1.0]))
def test_so_many_lengths_are_at_most_what_is_told(lengths: list[int], share: float) -> None:
    told = at_most(histogram(lengths), share)
    assert sum(length <= told for length in lengths) >= share * len(lengths)
    smaller = [length for length in lengths if length < told * 16 / 17 - 1]
    assert len(smaller) < share * len(lengths)


def test_without_lengths_it_is_nothing() -> None:
    assert at_most({}, 0.5) == 0
    assert buckets({}) == []


@given(LENGTHS)
def test_a_plot_has_every_length_in_buckets_without_gaps(lengths: list[int]) -> None:
    found = buckets(histogram(lengths))
    assert sum(count for _, count in found) == len(lengths)
    for (lower, _), (following, _) in pairwise(found):
        assert following == largest_in(lower) + 1
