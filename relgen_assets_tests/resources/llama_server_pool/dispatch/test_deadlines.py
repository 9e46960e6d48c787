"""When a running request counts as hung: only tokens are progress."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resources.llama_server_pool.dispatch.deadlines import (
    Expectation,
    Watch,
    first_token_limit,
    total_limit,
)
from resources.llama_server_pool.policy import DispatchPolicy

POLICY = DispatchPolicy()
QUICK = Expectation(prompt_tokens=1_500, max_tokens=700, expected_tokens=300, seconds=10.0)
SLOW = Expectation(prompt_tokens=1_500, max_tokens=700, expected_tokens=300, seconds=600.0)
UNKNOWN = Expectation(prompt_tokens=1_500, max_tokens=700, expected_tokens=300, seconds=None)


def test_a_hung_server_costs_a_small_multiple_of_the_expected_time() -> None:
    watch = Watch(started=0.0)
    assert watch.overdue(QUICK, POLICY, 39.0) == ""
    assert "no token" in watch.overdue(QUICK, POLICY, 41.0)


def test_a_slow_prefill_on_a_slow_board_is_not_a_hang() -> None:
    assert Watch(started=0.0).overdue(SLOW, POLICY, 2_000.0) == ""


def test_an_unknown_server_may_be_as_slow_as_the_slowest_board() -> None:
    assert first_token_limit(UNKNOWN, POLICY) >= 1_500 / POLICY.unknown_prefill_rate
    assert total_limit(UNKNOWN, POLICY) == float("inf")


def test_a_trial_shortens_the_first_wait_by_the_slots_that_may_read_at_once() -> None:
    fast = replace(UNKNOWN, decode_rate=20.0)
    assert first_token_limit(fast, POLICY) == pytest.approx(POLICY.first_token_floor + 1_500 / 40)
    shared = replace(fast, slots=4)
    assert first_token_limit(shared, POLICY) == pytest.approx(POLICY.first_token_floor + 150)
    board = replace(UNKNOWN, decode_rate=0.5)
    assert first_token_limit(board, POLICY) == first_token_limit(UNKNOWN, POLICY)


def test_very_short_expectations_do_not_shorten_the_wait_below_the_floor() -> None:
    instant = Expectation(10, 10, 10, seconds=0.001)
    assert Watch(started=0.0).overdue(instant, POLICY, POLICY.first_token_floor - 1) == ""


def test_silence_after_some_tokens_is_a_hang() -> None:
    watch = Watch(started=0.0)
    watch.progress(1, 1.0)
    watch.progress(50, 3.0)
    assert watch.overdue(QUICK, POLICY, 3.0 + POLICY.stall_floor - 1) == ""
    assert "after 50" in watch.overdue(QUICK, POLICY, 3.0 + POLICY.stall_floor + 1)


def test_reports_without_further_tokens_are_not_progress() -> None:
    watch = Watch(started=0.0)
    for second in range(1, 60):
        watch.progress(1, float(second))
    assert watch.moved == 1.0
    assert watch.overdue(QUICK, POLICY, 60.0)


def test_a_server_that_needs_ten_seconds_per_token_may_be_silent_for_longer() -> None:
    watch = Watch(started=0.0)
    for tokens in range(1, 11):
        watch.progress(tokens, 10.0 * tokens)
    assert watch.overdue(SLOW, POLICY, 100.0 + 3 * 10.0) == ""


@pytest.mark.parametrize(("tokens", "hung"), [(100, True), (500, False)])
def test_a_request_that_moves_but_never_ends_is_given_up_unless_it_is_past_half(
    tokens: int, hung: bool
) -> None:
    watch = Watch(started=0.0)
    limit = total_limit(QUICK, POLICY)
    watch.progress(tokens, limit)
    assert bool(watch.overdue(QUICK, POLICY, limit + 1)) is hung
