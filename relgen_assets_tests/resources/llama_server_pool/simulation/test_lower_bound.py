"""The bound that every makespan is measured against."""

from __future__ import annotations

import math

import pytest

from resources.llama_server_pool.simulation.lower_bound import Phase, best_rates, lower_bound


def steady(*rates: tuple[float, ...]) -> list[Phase]:
    return [Phase(0.0, rates)]


def test_best_rates_use_the_fastest_slots_first() -> None:
    assert best_rates([(20.0, 30.0), (2.0,)]) == [20.0, 30.0, 32.0]


def test_best_rates_see_that_two_slots_of_one_server_can_beat_two_servers() -> None:
    assert best_rates([(5.0, 40.0), (10.0,)]) == [10.0, 40.0, 50.0]


def test_many_requests_are_bounded_by_the_whole_fleet() -> None:
    assert lower_bound([10.0] * 100, steady((20.0,), (5.0,))) == pytest.approx(1000 / 25)


def test_one_long_request_is_bounded_by_the_fastest_slot() -> None:
    assert lower_bound([600.0, 1.0], steady((20.0,), (5.0,), (5.0,))) == pytest.approx(30.0)


def test_two_long_requests_are_bounded_by_the_two_fastest_slots() -> None:
    assert lower_bound([600.0, 600.0], steady((20.0,), (5.0,), (5.0,))) == pytest.approx(1200 / 25)


def test_nothing_to_do_takes_no_time() -> None:
    assert lower_bound([], steady((20.0,))) == 0.0


def test_a_slow_down_midway_counts_from_then_on() -> None:
    phases = [Phase(0.0, ((10.0,),)), Phase(5.0, ((1.0,),))]

    assert lower_bound([50.0], phases) == pytest.approx(5.0)
    assert lower_bound([60.0], phases) == pytest.approx(15.0)


def test_a_dead_fleet_never_finishes() -> None:
    phases = [Phase(0.0, ((10.0,),)), Phase(5.0, ((),))]

    assert lower_bound([60.0], phases) == math.inf
    assert lower_bound([40.0], phases) == pytest.approx(4.0)
