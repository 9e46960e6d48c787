"""What a batch reports as its cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from relgen_assets_tests.fakes.faults import FaultKind, ServerFault
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.pools import (
    assert_complete,
    at_length,
    echo,
    endpoint,
    endpoint_at,
    pool_of,
    question,
    questions,
)
from resources.generation import Generation, Sampling
from resources.llama_server_pool.health.accounting import EndpointAccount
from resources.llama_server_pool.servers.client import Completion

pytestmark = pytest.mark.timeout(60)


def test_energy_is_watts_times_busy_time(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=200.0) as server,
        pool_of(tmp_path, endpoint(server, "a", watts=360.0)) as pool,
    ):
        row = pool.generate(questions(6)).report.endpoints[0]
        assert row.watt_hours == pytest.approx(0.1 * row.seconds_busy)
        assert row.seconds_busy > 0
        assert max(row.tokens_per_second_by_load) <= 2


def test_the_tail_is_hedged_and_the_losers_tokens_are_reported(tmp_path: Path) -> None:
    long = Sampling(temperature=0.0, max_tokens=200)
    with (
        FakeLlamaServer(slots=2, answer=at_length, decode=400.0) as steady,
        FakeLlamaServer(slots=2, answer=at_length, decode=400.0) as slowing,
        pool_of(tmp_path, steady, slowing) as pool,
    ):
        pool.generate(questions(12, sampling=long))
        slowing.decode = 20.0
        requests = questions(16, sampling=long)[12:]
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert result.report.hedged_tokens > 0
        assert "cancelled" in slowing.outcomes()
        assert slowing.wait_idle()


def test_an_answer_that_was_kept_in_reserve_and_used_counts_as_used(tmp_path: Path) -> None:
    long = Sampling(temperature=0.0, max_tokens=200)
    with (
        FakeLlamaServer(slots=1, answer=at_length, decode=400.0) as failing,
        FakeLlamaServer(slots=1, answer=at_length, decode=400.0) as hasty,
        pool_of(tmp_path, failing, hasty) as pool,
    ):
        pool.generate(questions(12, sampling=long))
        failing.decode = 60.0
        failing.fail_always(ServerFault(FaultKind.cut, tokens=80))
        requests = questions(14, sampling=long)[12:]
        result = pool.generate(requests, accept=lambda _: False)
        assert_complete(pool, requests, result)
        assert failing.outcomes()[-1] == "fault:cut", "the first attempt was not waited for"
        row = result.report.endpoints[1]
        assert (row.requests, row.hedged_tokens) == (2, 0)


def answer_of(tokens: int, seconds: float) -> Completion:
    """Return an answer of a given length that took a given time to decode."""
    generation = Generation(
        subject=question(0).subject,
        text="",
        finish_reason="stop",
        model="m",
        endpoint="a",
        prompt_tokens=10,
        cached_tokens=0,
        completion_tokens=tokens,
        seconds=seconds,
        attempt=1,
    )
    return Completion(generation, 0.0, seconds)


def test_a_speed_is_recorded_under_the_average_number_of_busy_slots() -> None:
    account = EndpointAccount()
    before = account.start(0.0)
    account.start(1.0)  # the second slot works nearly all the time, and is idle at the end
    account.end(9.0)
    load = (account.slot_seconds(10.0) - before) / 10.0
    assert load == pytest.approx(1.8)
    account.answer(answer_of(50, 10.0), load)
    account.end(10.0)
    row = account.report(endpoint_at("http://127.0.0.1:1", "a"), 12.0)
    assert row.tokens_per_second_by_load == {2: 5.0}
    assert row.seconds_busy == 10.0
