"""When an endpoint is taken out of service, and when it gets another chance."""

from __future__ import annotations

import random

from resources.llama_server_pool.health.breaker import BreakerState, CircuitBreaker
from resources.llama_server_pool.policy import DispatchPolicy

POLICY = DispatchPolicy(breaker_threshold=3, breaker_pause=1.0, breaker_pause_limit=8.0)


def state(one: CircuitBreaker) -> BreakerState:
    return one.state


def breaker() -> CircuitBreaker:
    return CircuitBreaker(POLICY, random.Random(1))


def test_it_opens_after_several_faults_in_a_row() -> None:
    one = breaker()
    one.fault(0.0)
    one.fault(0.1)
    assert state(one) is BreakerState.closed
    one.fault(0.2)
    assert state(one) is BreakerState.open
    assert 0.2 < one.retry_at <= 1.2


def test_an_answer_between_two_faults_starts_the_count_again() -> None:
    one = breaker()
    for now in (0.0, 1.0, 2.0, 3.0):
        one.fault(now)
        one.fault(now)
        one.success()
    assert state(one) is BreakerState.closed


def test_one_fault_is_enough_when_nobody_listens() -> None:
    one = breaker()
    one.fault(5.0, fatal=True)
    assert state(one) is BreakerState.open


def test_after_the_pause_it_lets_one_request_through_and_closes_on_its_answer() -> None:
    one = breaker()
    one.fault(0.0, fatal=True)
    one.trial()
    assert state(one) is BreakerState.half_open
    one.success()
    assert state(one) is BreakerState.closed


def test_pauses_grow_while_trials_fail_and_never_above_the_limit() -> None:
    one = breaker()
    pauses: list[float] = []
    now = 0.0
    one.fault(now, fatal=True)
    for _ in range(8):
        pauses.append(one.retry_at - now)
        now = one.retry_at
        one.trial()
        one.fault(now)
        assert state(one) is BreakerState.open
    assert max(pauses[:2]) <= 2.0
    assert min(pauses[5:]) >= 4.0
    assert max(pauses) <= 8.0


def test_requests_that_were_running_when_it_opened_tell_the_same_outage_again() -> None:
    one = breaker()
    one.fault(0.0, fatal=True)
    before = one.retry_at
    for _ in range(10):
        one.fault(0.01)
        one.fault(0.01, fatal=True)
    assert one.retry_at == before


def test_a_server_that_came_back_starts_with_short_pauses() -> None:
    one = breaker()
    for _ in range(6):
        one.fault(0.0, fatal=True)
        one.trial()
    one.success()
    one.fault(100.0, fatal=True)
    assert one.retry_at <= 101.0
