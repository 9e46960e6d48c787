"""Whether B is worse than A: no false alarms without a difference, and five points are found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from relgen_assets.evaluation.compared_costs import compare_costs
from relgen_assets.evaluation.comparison import Quality, compare_quality
from relgen_assets.evaluation.outcomes import ChunkOutcome
from relgen_assets_tests.fakes.simulated_outcomes import World, draw

CALM = World(redrawn=0.1)
"""Settings that write the same about nine chunks in ten unless one does worse."""


def outcome(number: int, accepted: bool = True, supported: int = 2) -> ChunkOutcome:
    return ChunkOutcome(
        f"p{number}#0", f"p{number}", accepted, 4, supported if accepted else 0,
        pairs=frozenset({("a", "b"), ("c", str(supported))}),
        tokens_read=100, tokens_written=50, seconds=2.0, watt_hours=0.5,
    )  # fmt: skip


def comparisons(draws: int, chunks: int, **worse: float) -> list[Quality]:
    return [
        compare_quality(
            *draw(CALM, chunks, np.random.default_rng(number), **worse), draws=300, seed=number
        )
        for number in range(draws)
    ]


def test_without_a_difference_hardly_any_comparison_raises_an_alarm() -> None:
    found = comparisons(40, 400)
    assert sum(one.is_worse for one in found) <= 2
    assert sum(one.is_not_worse for one in found) >= 36


@pytest.mark.parametrize("worse", [{"rows": 0.05}, {"support": 0.05}], ids=str)
def test_five_points_are_found_and_never_passed(worse: dict[str, float]) -> None:
    found = comparisons(20, 600, **worse)
    assert sum(one.is_worse for one in found) >= 18
    assert not any(one.is_not_worse for one in found)


def test_what_cannot_be_decided_says_how_many_chunks_would_do() -> None:
    found = compare_quality(*draw(World(), 60, np.random.default_rng(1)))
    assert not found.is_worse and not found.is_not_worse
    assert found.findable is not None and found.findable > found.margin
    assert found.chunks_needed is not None and 300 < found.chunks_needed < 3_000


def test_a_few_equal_answers_are_no_proof() -> None:
    same = [outcome(number) for number in range(10)]
    few = compare_quality(same, same)
    assert few.accepted.difference.value == 0.0
    assert not few.is_worse and not few.is_not_worse
    many = [outcome(number) for number in range(200)]
    assert compare_quality(many, many).is_not_worse


def test_answers_that_are_right_because_they_say_little_are_worse() -> None:
    a = [replace(outcome(number), stated=4, supported=2) for number in range(100)]
    b = [replace(one, stated=1, supported=1) for one in a]
    found = compare_quality(a, b)
    assert (found.supported.a, found.supported.b) == (0.5, 1.0)
    assert found.relations.difference.value == pytest.approx(-0.5)
    assert found.is_worse


def test_chunks_of_one_article_count_as_little_as_they_are_alike() -> None:
    rng = np.random.default_rng(5)
    accepted = rng.random(30) < 0.5
    b = [outcome(number, bool(taken)) for number, taken in enumerate(accepted)]
    a = [outcome(number) for number in range(30)]
    copies = [
        [replace(one, chunk_id=f"{one.chunk_id}.{copy}") for one in side for copy in range(5)]
        for side in (a, b)
    ]
    once, repeated = compare_quality(a, b), compare_quality(*copies)
    assert repeated.chunks == 150 and repeated.articles == once.articles == 30
    assert repeated.accepted.findable == pytest.approx(once.accepted.findable, rel=0.25)


def test_costs_are_compared_in_percent_and_agreement_by_pairs() -> None:
    a = [outcome(number) for number in range(20)]
    b = [replace(one, seconds=1.0, tokens_read=150, pairs=frozenset({("a", "b")})) for one in a]
    found = compare_costs(a, b)
    assert found.seconds.difference.value == pytest.approx(-0.5)
    assert (found.tokens_read.a, found.tokens_read.b) == (100, 150)
    assert found.watt_hours is not None and found.watt_hours.difference.value == 0.0
    assert found.agreement.value == pytest.approx(2 / 3)
    unknown = [replace(one, watt_hours=None) for one in b]
    assert compare_costs(a, unknown).watt_hours is None


def test_nothing_supported_has_no_change() -> None:
    none = [outcome(number, accepted=False) for number in range(10)]
    found = compare_quality(none, none)
    assert found.relations.difference.value is None
    assert not found.is_worse


def test_both_settings_need_the_same_chunks() -> None:
    with pytest.raises(ValueError, match="same chunks"):
        compare_quality([outcome(1)], [outcome(2)])
