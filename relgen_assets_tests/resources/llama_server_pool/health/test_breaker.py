"""When an endpoint is taken out of service, and how long it pauses."""

from __future__ import annotations

import random

from resources.llama_server_pool.health.breaker import CircuitBreaker
from resources.llama_server_pool.health.states import Service
from resources.llama_server_pool.policy import DispatchPolicy

POLICY = DispatchPolicy(breaker_threshold=3, breaker_pause=1.0, breaker_pause_limit=8.0)


def breaker() -> CircuitBreaker:
    return CircuitBreaker(POLICY, random.Random(1))


def test_it_opens_after_several_faults_in_a_row() -> None:
    one = breaker()
    opened = [one.opens(Service.serving, now, fatal=False) for now in (0.0, 0.1, 0.2)]
    assert opened == [False, False, True]
    assert 0.2 < one.retry_at <= 1.2


def test_an_answer_between_two_faults_starts_the_count_again() -> None:
    one = breaker()
    for now in (0.0, 1.0, 2.0, 3.0):
        assert not one.opens(Service.serving, now, fatal=False)
        assert not one.opens(Service.serving, now, fatal=False)
        one.answered()


def test_one_fault_is_enough_when_the_server_cannot_be_reached() -> None:
    assert breaker().opens(Service.serving, 5.0, fatal=True)


def test_one_fault_is_enough_after_an_outage() -> None:
    for service in (Service.half_open, Service.half_open_untried):
        assert breaker().opens(service, 5.0, fatal=False)


def test_pauses_grow_while_trials_fail_and_never_above_the_limit() -> None:
    one = breaker()
    pauses: list[float] = []
    now = 0.0
    one.opens(Service.serving, now, fatal=True)
    for _ in range(8):
        pauses.append(one.retry_at - now)
        now = one.retry_at
        assert one.opens(Service.half_open, now, fatal=False)
    assert max(pauses[:2]) <= 2.0
    assert min(pauses[5:]) >= 4.0
    assert max(pauses) <= 8.0


def test_requests_that_were_running_when_it_opened_report_the_same_outage_again() -> None:
    one = breaker()
    one.opens(Service.serving, 0.0, fatal=True)
    before = one.retry_at
    for _ in range(10):
        assert not one.opens(Service.open, 0.01, fatal=False)
        assert not one.opens(Service.open, 0.01, fatal=True)
    assert one.retry_at == before


def test_a_server_that_came_back_starts_with_short_pauses() -> None:
    one = breaker()
    for _ in range(6):
        one.opens(Service.half_open, 0.0, fatal=True)
    one.answered()
    one.opens(Service.serving, 100.0, fatal=True)
    assert one.retry_at <= 101.0
