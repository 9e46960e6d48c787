"""Speeds are learned quickly, and one odd measurement does not matter."""

from __future__ import annotations

import pytest

from resources.llama_server_pool.scheduling.estimator import DEFAULT_DECODE_RATE, SpeedEstimator


def test_configured_speeds_hold_until_something_is_seen() -> None:
    speed = SpeedEstimator(400.0, 20.0)

    assert speed.known
    assert speed.prefill_rate() == pytest.approx(400.0)
    assert speed.decode_rate(1) == pytest.approx(20.0)
    assert speed.decode_rate(4) == pytest.approx(20.0)


def test_the_first_observation_replaces_a_mere_default() -> None:
    speed = SpeedEstimator(None, None)
    assert not speed.known
    assert speed.decode_rate(1) == pytest.approx(DEFAULT_DECODE_RATE)

    speed.observe_decode(500, 10.0, busy=1)
    speed.observe_prefill(1000, 2.0)

    assert speed.known
    assert speed.decode_rate(1) == pytest.approx(50.0)
    assert speed.prefill_rate() == pytest.approx(500.0)


@pytest.mark.parametrize("outlier", [0.2, 200.0])
def test_one_outlier_changes_nothing(outlier: float) -> None:
    speed = SpeedEstimator(None, 20.0)
    for _ in range(5):
        speed.observe_decode(outlier * 10, 10.0, busy=1)
        speed.observe_decode(200, 10.0, busy=1)

    assert speed.decode_rate(1) == pytest.approx(20.0)


@pytest.mark.parametrize("changed", [2.0, 200.0])
def test_a_lasting_change_is_believed_after_three_observations(changed: float) -> None:
    speed = SpeedEstimator(None, 20.0)
    for _ in range(3):
        speed.observe_decode(changed * 10, 10.0, busy=1)

    assert speed.decode_rate(1) == pytest.approx(changed)


def test_small_drifts_are_followed() -> None:
    speed = SpeedEstimator(None, 20.0)
    for _ in range(20):
        speed.observe_decode(170, 10.0, busy=1)

    assert speed.decode_rate(1) == pytest.approx(17.0, rel=0.02)


def test_the_slow_down_of_busy_slots_is_distinguished_from_a_slow_server() -> None:
    speed = SpeedEstimator(None, 20.0)
    for _ in range(10):
        speed.observe_decode(100, 10.0, busy=4)

    assert speed.decode_rate(4) == pytest.approx(10.0, rel=0.05)
    assert speed.decode_rate(1) == pytest.approx(20.0, rel=0.05)
    assert speed.decode_rate(1) > speed.decode_rate(2) > speed.decode_rate(4)


def test_unseen_numbers_of_slots_lie_on_the_line_of_seconds_per_token() -> None:
    speed = SpeedEstimator(None, 20.0)
    for _ in range(10):
        speed.observe_decode(100, 10.0, busy=3)

    assert 1 / speed.decode_rate(2) == pytest.approx((1 / 20 + 1 / 10) / 2, rel=0.05)
    assert 1 / speed.decode_rate(5) == pytest.approx(1 / 20 + 4 * (1 / 40), rel=0.05)


def test_more_slots_never_make_a_slot_faster_nor_the_server_slower_than_sharing() -> None:
    speed = SpeedEstimator(None, 20.0)
    for busy, rate in ((2, 90.0), (4, 0.1), (2, 19.0), (4, 6.0)):
        speed.observe_decode(10 * rate, 10.0, busy=busy)

    alone = speed.decode_rate(1)
    for busy in range(1, 9):
        assert alone / busy * 0.999 <= speed.decode_rate(busy) <= alone * 1.001


def test_a_tenfold_slow_down_shows_at_every_number_of_busy_slots() -> None:
    speed = SpeedEstimator(None, 20.0)
    for _ in range(10):
        speed.observe_decode(100, 10.0, busy=4)
    for _ in range(4):
        speed.observe_decode(10, 10.0, busy=4)

    assert speed.decode_rate(4) == pytest.approx(1.0, rel=0.2)
    assert speed.decode_rate(1) == pytest.approx(2.0, rel=0.3)


@pytest.mark.parametrize(("tokens", "seconds"), [(0, 1.0), (10, 0.0), (-5, 1.0), (10, -1.0)])
def test_nonsensical_measurements_are_ignored(tokens: int, seconds: float) -> None:
    speed = SpeedEstimator(100.0, 20.0)
    speed.observe_decode(tokens, seconds, busy=1)
    speed.observe_prefill(tokens, seconds)

    assert speed.decode_rate(1) == pytest.approx(20.0)
    assert speed.prefill_rate() == pytest.approx(100.0)
