"""Intervals hold the truth as often as they say, and tell when there is nothing to say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets.evaluation.intervals import (
    NOTHING,
    Interval,
    bootstrap,
    bootstrap_share,
    ratio,
    share,
    summed_by,
    wilson,
)

HITS = ratio(0, 1)


def test_an_estimate_is_that_of_the_sums_not_the_mean_of_shares() -> None:
    interval = bootstrap([[1, 1], [0, 9]], HITS)
    assert interval.value == pytest.approx(0.1)
    assert interval.units == 2


@pytest.mark.parametrize("units", [6, 40])
def test_95_percent_intervals_hold_the_truth_in_about_95_percent_of_samples(units: int) -> None:
    random = np.random.default_rng(1)
    held = 0
    for sample in range(300):
        of = random.integers(5, 15, units)
        found = random.binomial(of, random.beta(6, 4, units))  # articles differ: 0.6 on average
        interval = bootstrap(np.column_stack([found, of]), HITS, draws=400, seed=sample)
        assert interval.low is not None and interval.high is not None
        held += interval.low <= 0.6 <= interval.high
    assert 0.91 <= held / 300 <= 0.99


def test_pairs_cancel_what_makes_a_chunk_hard_for_both() -> None:
    random = np.random.default_rng(2)
    hard = random.uniform(0.2, 0.9, 60)
    both = np.column_stack([random.binomial(10, hard), random.binomial(10, hard), np.full(60, 10)])
    paired = bootstrap(both, lambda sums: share(sums[..., 0] - sums[..., 1], sums[..., 2]))
    alone = bootstrap(both, ratio(0, 2))
    assert paired.low is not None and paired.high is not None
    assert alone.low is not None and alone.high is not None
    assert paired.low < 0 < paired.high
    assert paired.high - paired.low < 1.3 * (alone.high - alone.low)


def test_one_unit_has_an_estimate_and_no_interval() -> None:
    assert bootstrap([[1, 2]], HITS) == Interval(value=0.5, low=None, high=None, units=1)
    assert str(bootstrap([[1, 2]], HITS)) == "50.0"


def test_nothing_measured_is_no_estimate_of_zero() -> None:
    assert bootstrap(np.zeros((0, 2)), HITS) == NOTHING
    assert bootstrap([[0, 0], [0, 0]], HITS).value is None
    assert str(NOTHING) == "none"
    assert wilson(0, 0) == NOTHING


def test_units_that_are_all_alike_are_no_certainty() -> None:
    # None of 10: Clopper and Pearson's upper limit is 30.85 %.
    none = bootstrap_share([[0, 5]] * 10, HITS)
    every = bootstrap_share([[5, 5]] * 10, HITS)
    assert none.low == 0
    assert none.high == pytest.approx(0.3085, abs=1e-4)
    assert every.low == pytest.approx(0.6915, abs=1e-4)
    assert every.high == 1


def test_the_same_counts_give_the_same_interval() -> None:
    counts = [[1, 3], [2, 3], [0, 3], [3, 3]]
    assert bootstrap(counts, HITS) == bootstrap(counts, HITS)


def test_wilson_s_interval_of_a_published_example() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 and 0 of 20.
    some, none = wilson(81, 263), wilson(0, 20)
    assert some.low == pytest.approx(0.2553, abs=1e-4)
    assert some.high == pytest.approx(0.3662, abs=1e-4)
    assert none.low == pytest.approx(0)
    assert none.high == pytest.approx(0.1611, abs=1e-4)


def test_rows_of_a_group_are_summed() -> None:
    assert summed_by([[1, 2], [3, 4], [5, 6]], ["a", "b", "a"]).tolist() == [[6, 8], [3, 4]]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=12))
def test_an_interval_lies_around_its_estimate_within_its_range(
    counts: list[tuple[int, int]],
) -> None:
    interval = bootstrap([[part, part + rest] for part, rest in counts], HITS, draws=100)
    if interval.low is not None and interval.high is not None:
        assert 0 <= interval.low <= interval.high <= 1
