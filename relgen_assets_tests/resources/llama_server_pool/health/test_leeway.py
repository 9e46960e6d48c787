"""How much longer to wait for the first tokens of a server that has become slow."""

from __future__ import annotations

from dataclasses import replace

from resources.llama_server_pool.dispatch.deadlines import (
    Expectation,
    first_token_limit,
    total_limit,
)
from resources.llama_server_pool.health.leeway import Leeway
from resources.llama_server_pool.policy import DispatchPolicy

POLICY = DispatchPolicy()
QUICK = Expectation(prompt_tokens=1_500, max_tokens=700, expected_tokens=300, seconds=10.0)


def test_waits_in_vain_double_the_next_wait_and_requests_that_waited_together_do_so_once() -> None:
    leeway = Leeway()
    for _ in range(8):
        leeway.stalled(1.0, POLICY.leeway_limit)
    assert leeway.factor == 2.0
    leeway.stalled(2.0, POLICY.leeway_limit)
    assert leeway.factor == 4.0
    assert first_token_limit(replace(QUICK, leeway=4.0), POLICY) == 4 * 40.0
    assert total_limit(replace(QUICK, leeway=4.0), POLICY) == 4 * total_limit(QUICK, POLICY)
    for held in (4.0, 8.0, 16.0, 32.0, 64.0, 128.0):
        leeway.stalled(held, POLICY.leeway_limit)
    assert leeway.factor == POLICY.leeway_limit


def test_the_wait_shrinks_only_when_the_learned_speed_holds_again() -> None:
    leeway = Leeway(factor=8.0)
    leeway.began(8.0, 0.9)  # it needed the long wait
    assert leeway.factor == 8.0
    leeway.began(2.0, 0.1)  # sent before the wait had grown: says nothing about it
    assert leeway.factor == 8.0
    for _ in range(5):
        leeway.began(leeway.factor, 0.1)
    assert leeway.factor == 1.0
