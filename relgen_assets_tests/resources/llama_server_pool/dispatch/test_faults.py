"""Faulty servers over real HTTP: nothing is lost or duplicated, and the time is bounded."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from relgen_assets_tests.fakes import faults
from relgen_assets_tests.fakes.faults import FaultKind, ServerFault
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.pools import (
    HURRIED,
    SCHEMA,
    assert_complete,
    echo,
    endpoint,
    endpoint_at,
    first,
    is_question,
    long_questions,
    pool_of,
    questions,
)
from relgen_assets_tests.resources.llama_server_pool.waiting import wait_for
from resources.errors import NoEndpointLeft
from resources.generation import Failure, Generation

pytestmark = pytest.mark.timeout(60)

MIDWAY = [
    pytest.param(faults.RESET_BEFORE_HEADERS, "reset", id="reset-before-headers"),
    pytest.param(faults.RESET_MIDWAY, "reset", id="reset-midway"),
    pytest.param(faults.HANG_BEFORE_HEADERS, "stalled", id="hang-before-headers"),
    pytest.param(faults.HANG_IN_BODY, "stalled", id="hang-in-body"),
    pytest.param(faults.PINGS_ONLY, "stalled", id="keep-alive-pings"),
    pytest.param(faults.DRIP, "stalled", id="drip"),
    pytest.param(faults.HTTP_500, "http_500", id="500"),
    pytest.param(faults.HTTP_502, "http_502", id="502"),
    pytest.param(faults.LOADING, "loading", id="503-loading"),
    pytest.param(faults.THROTTLED, "throttled", id="429"),
    pytest.param(faults.throttled(0.2), "throttled", id="429-retry-after"),
    pytest.param(faults.HTML, "html", id="html-page"),
    pytest.param(faults.WRONG_TYPE, "bad_body", id="wrong-content-type"),
    pytest.param(faults.BAD_JSON, "bad_body", id="truncated-json"),
    pytest.param(faults.CUT, "truncated", id="cut-stream"),
    pytest.param(faults.EMPTY_CHOICES, "empty_choices", id="empty-choices"),
    pytest.param(faults.OVERFLOW, "context_overflow", id="500-context-size"),
]


@pytest.mark.parametrize(("fault", "kind"), MIDWAY)
def test_a_server_that_always_fails_costs_no_request(
    tmp_path: Path, fault: ServerFault, kind: str
) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=400.0) as well,
        FakeLlamaServer(slots=2, answer=echo, decode=400.0) as sick,
        pool_of(tmp_path, well, sick) as pool,
    ):
        sick.fail_always(fault, is_question)
        requests = questions(16)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert all(
            one.endpoint == "a" for one in result.outcomes.values() if isinstance(one, Generation)
        )
        if kind == "stalled":  # noticed as such, or overtaken by a hedge before that
            assert "cancelled" in sick.outcomes()
        else:
            assert kind in result.report.endpoints[1].faults
        assert well.peak <= 2
        assert sick.peak <= 2


@pytest.mark.parametrize(("fault", "kind"), MIDWAY)
def test_the_only_server_fails_a_few_times_and_is_used_again(
    tmp_path: Path, fault: ServerFault, kind: str
) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=400.0) as server,
        pool_of(tmp_path, server) as pool,
    ):
        server.fail_always(fault, first(3))
        requests = questions(10)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert result.report.endpoints[0].faults[kind] >= 1
        assert server.peak <= 2


def test_a_retry_without_a_pause_costs_the_budget_too(tmp_path: Path) -> None:
    policy = replace(HURRIED, retry_budget=1, retry_refill=0.0, retry_jitter=0.0, retry_pause=1.6)
    with (
        FakeLlamaServer(slots=1, answer=echo, decode=400.0) as server,
        pool_of(tmp_path, server, policy=policy) as pool,
    ):
        server.fail_always(faults.HTTP_500, first(2))
        requests = questions(1)
        began = time.monotonic()
        assert_complete(pool, requests, pool.generate(requests))
        assert time.monotonic() - began >= policy.retry_pause / 2  # the second retry was owed


def test_a_server_that_never_listened_costs_no_request(tmp_path: Path) -> None:
    gone = FakeLlamaServer(slots=4)
    gone.start()
    gone.stop()
    with FakeLlamaServer(slots=2, answer=echo) as well, pool_of(tmp_path, well, gone) as pool:
        requests = questions(8)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert result.report.endpoints[1].faults["refused"] >= 1


@pytest.mark.parametrize(
    ("url", "kinds"),
    [
        pytest.param("http://nobody.invalid:8080", {"dns"}, id="dns"),
        pytest.param("https://127.0.0.1:{port}", {"tls", "reset", "connection"}, id="tls"),
    ],
)
def test_an_unreachable_address_costs_no_request(tmp_path: Path, url: str, kinds: set[str]) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=50.0) as well,
        FakeLlamaServer() as plain_http,
        pool_of(
            tmp_path, well, endpoint_at(url.format(port=plain_http.port), "b", slots=4)
        ) as pool,
    ):
        requests = questions(8)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert kinds >= set(result.report.endpoints[1].faults) > set()


def test_a_server_dies_midway_and_is_used_again_when_it_comes_back(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=1, answer=echo, decode=100.0) as steady,
        FakeLlamaServer(slots=4, answer=echo, decode=400.0) as dying,
        pool_of(tmp_path, steady, dying) as pool,
    ):
        served_before = []

        def die_and_return() -> None:
            wait_for(lambda: dying.completions_started >= 8)
            dying.stop()
            served_before.append(dying.completions_started)
            wait_for(lambda: steady.completions_started >= 4)
            dying.start()

        accident = threading.Thread(target=die_and_return)
        accident.start()
        requests = questions(60)
        result = pool.generate(requests)
        accident.join()
        assert_complete(pool, requests, result)
        assert dying.completions_started > served_before[0]


def test_all_servers_die_and_one_comes_back(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=200.0) as one,
        FakeLlamaServer(slots=2, answer=echo, decode=200.0) as other,
        pool_of(tmp_path, one, other, outage_timeout_seconds=30) as pool,
    ):

        def die_and_return() -> None:
            wait_for(lambda: one.completions_started + other.completions_started >= 10)
            one.stop()
            other.stop()
            time.sleep(0.5)
            other.start()

        accident = threading.Thread(target=die_and_return)
        accident.start()
        requests = questions(30)
        result = pool.generate(requests)
        accident.join()
        assert_complete(pool, requests, result)


def test_no_endpoint_left_lists_each_with_its_last_fault_and_keeps_what_was_done(
    tmp_path: Path,
) -> None:
    requests = questions(20)
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=200.0) as server,
        FakeLlamaServer(slots=1, api_key="secret", answer=echo) as locked,
        pool_of(tmp_path, server, locked, outage_timeout_seconds=0.5) as pool,
    ):

        def die() -> None:
            wait_for(lambda: server.outcomes().count("answered") >= 6)
            server.stop()

        accident = threading.Thread(target=die)
        accident.start()
        with pytest.raises(NoEndpointLeft) as caught:
            pool.generate(requests)
        accident.join()
        assert "a: refused" in str(caught.value)
        assert "b: auth" in str(caught.value)
        assert "secret" not in str(caught.value)
        kept = pool.ledger.lookup(requests, "fake-model")
        assert 0 < len(kept) < 20

        server.start()
        before = server.completions_started
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert result.report.from_ledger == len(kept)
        assert server.completions_started - before <= 2 * (20 - len(kept))


def test_a_server_ten_times_slower_than_before_does_not_count_as_hung(tmp_path: Path) -> None:
    policy = replace(HURRIED, first_token_floor=5.0, stall_floor=5.0)
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=400.0) as server,
        pool_of(tmp_path, server, policy=policy) as pool,
    ):
        pool.generate(questions(10))
        server.fail_always(ServerFault(FaultKind.slow, factor=10.0))
        requests = questions(16)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert "stalled" not in result.report.endpoints[0].faults


def test_a_server_that_never_answers_at_all_is_not_the_fault_of_the_requests(
    tmp_path: Path,
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as frozen,  # accepts connections and never answers
        pool_of(
            tmp_path,
            endpoint_at(f"http://127.0.0.1:{frozen.getsockname()[1]}", "frozen", slots=1),
            policy=replace(HURRIED, probe_timeout=1.0),
            outage_timeout_seconds=0.2,
        ) as pool,
        pytest.raises(NoEndpointLeft, match="frozen: probe_timeout"),
    ):
        pool.generate(questions(2))


def test_health_answers_while_every_completion_hangs(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo) as well,
        FakeLlamaServer(slots=8, answer=echo) as hung,
        pool_of(tmp_path, well, hung) as pool,
    ):
        hung.fail_always(faults.HANG_BEFORE_HEADERS)
        requests = questions(12)
        assert_complete(pool, requests, pool.generate(requests))


def test_a_hung_server_alone_ends_in_no_endpoint_left(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo) as hung,
        pool_of(tmp_path, hung, outage_timeout_seconds=1.0) as pool,
    ):
        hung.fail_always(faults.HANG_IN_BODY, is_question)
        with pytest.raises(NoEndpointLeft, match="stalled"):
            pool.generate(questions(12))
        assert hung.wait_idle()


def test_a_server_that_loads_its_model_is_waited_for(tmp_path: Path) -> None:
    with FakeLlamaServer(slots=2, answer=echo) as server, pool_of(tmp_path, server) as pool:
        server.health_status = 503
        server.fail_always(faults.LOADING)

        def load() -> None:
            wait_for(lambda: len(server.visited) >= 4)
            server.heal()
            server.health_status = 200

        loading = threading.Thread(target=load)
        loading.start()
        requests = questions(6)
        result = pool.generate(requests)
        loading.join()
        assert_complete(pool, requests, result)
        assert set(result.report.endpoints[0].faults) <= {"loading"}


def test_a_key_that_is_refused_takes_the_endpoint_out_and_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POOL_TEST_KEY", "wrong-key-value")
    with (
        FakeLlamaServer(slots=2, answer=echo) as well,
        FakeLlamaServer(slots=2, answer=echo, api_key="right") as locked,
        pool_of(tmp_path, well, endpoint(locked, "b", api_key_env="POOL_TEST_KEY")) as pool,
    ):
        requests = questions(8)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert set(result.report.endpoints[1].faults) == {"auth"}
    with (
        FakeLlamaServer(slots=2, api_key="right") as locked,
        pool_of(tmp_path, endpoint(locked, "b", api_key_env="POOL_TEST_KEY")) as pool,
        pytest.raises(NoEndpointLeft, match="POOL_TEST_KEY") as caught,
    ):
        pool.generate(questions(9)[8:])
    assert "wrong-key-value" not in str(caught.value)


def test_a_server_without_the_model_is_left_out(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo) as well,
        FakeLlamaServer(slots=2, answer=echo) as other,
        pool_of(tmp_path, well, other) as pool,
    ):
        other.fail_always(faults.WRONG_MODEL, is_question)
        requests = questions(12)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert result.report.endpoints[1].requests == 0


def test_an_answer_cut_at_its_length_is_asked_for_again_and_is_not_the_servers_fault(
    tmp_path: Path,
) -> None:
    requests = questions(6)
    first_seed = requests[0].sampling.seed

    def wordy_at_first(body: dict[str, Any]) -> str:
        cut = body.get("seed") == first_seed and is_question(body)
        return echo(body) + " and so on" * 200 * cut

    with (
        FakeLlamaServer(slots=2, answer=wordy_at_first) as server,
        pool_of(tmp_path, server) as pool,
    ):
        result = pool.generate(requests, attempts=2)
        outcomes = [one for one in result.outcomes.values() if isinstance(one, Generation)]
        assert [one.finish_reason for one in outcomes] == ["stop"] * 6
        assert {one.attempt for one in outcomes} == {2}
        assert result.report.content_retries == 6
        assert not result.report.endpoints[0].faults
        kept = [one.outcome for one in pool.ledger.entries() if one.attempt == 1]
        assert [one.finish_reason for one in kept if isinstance(one, Generation)] == ["length"] * 6


@pytest.mark.parametrize(("setting", "used"), [("use", True), ("leave_out", False)])
def test_a_server_that_ignores_schemas_is_used_or_left_out_as_the_setting_says(
    tmp_path: Path, setting: str, used: bool
) -> None:
    with (
        FakeLlamaServer(slots=1, decode=40.0) as enforcing,
        FakeLlamaServer(slots=4, decode=200.0, enforce_schema=False) as ignoring,
        pool_of(tmp_path, enforcing, ignoring, unenforced_schema=setting) as pool,
    ):
        requests = questions(20, json_schema=SCHEMA)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert (result.report.endpoints[1].requests > 0) is used
        probes = ignoring.completions_started
        pool.generate(questions(21, json_schema=SCHEMA)[20:])
        assert ignoring.completions_started <= probes + 1, "it was probed a second time"


def test_a_schema_that_every_server_refuses_sets_only_its_request_aside(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, decode=400.0) as one,
        FakeLlamaServer(slots=2, decode=400.0) as other,
        pool_of(tmp_path, one, other) as pool,
    ):
        for server in (one, other):
            server.fail_always(
                faults.SCHEMA_REFUSED, lambda body: body["messages"][-1]["content"] == "question 3"
            )
        result = pool.generate(questions(8, json_schema=SCHEMA))
        failure = result.outcomes.pop("subject-3")
        assert isinstance(failure, Failure)
        assert failure.reason == "schema_rejected"
        assert {fault.endpoint for fault in failure.faults} == {"a", "b"}
        assert all(isinstance(one, Generation) for one in result.outcomes.values())


def test_a_server_too_small_for_a_refused_request_does_not_keep_it_going(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, context=8192, decode=400.0) as large,
        FakeLlamaServer(slots=2, context=128, decode=400.0) as small,
        pool_of(tmp_path, large, small) as pool,
    ):
        large.fail_always(
            faults.SCHEMA_REFUSED, lambda body: body["messages"][-1]["content"] == "question 3"
        )
        requests = questions(8, json_schema=SCHEMA)
        requests[3] = replace(requests[3], prompt_tokens=400)
        failure = pool.generate(requests).outcomes["subject-3"]
        assert isinstance(failure, Failure)
        assert (failure.reason, len(failure.faults)) == ("schema_rejected", 1)


def test_repeated_retry_after_zero_leads_to_growing_pauses(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=1, answer=echo) as server,
        pool_of(tmp_path, server, outage_timeout_seconds=1.0) as pool,
    ):
        server.fail_always(faults.throttled(0.0), is_question)
        with pytest.raises(NoEndpointLeft, match="throttled"):
            pool.generate(questions(3))
        assert sum(is_question(one.body) for one in server.requests) < 15


def test_a_request_that_fails_everywhere_is_set_aside_with_all_its_errors(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=400.0) as one,
        FakeLlamaServer(slots=2, answer=echo, decode=400.0) as two,
        FakeLlamaServer(slots=2, answer=echo, decode=400.0) as three,
        pool_of(tmp_path, one, two, three) as pool,
    ):
        for server in (one, two, three):
            server.fail_always(
                faults.HTTP_500, lambda body: body["messages"][-1]["content"] == "question 5"
            )
        result = pool.generate(questions(40))
        failure = result.outcomes.pop("subject-5")
        assert isinstance(failure, Failure)
        assert failure.reason == "endpoints_exhausted"
        assert {fault.kind for fault in failure.faults} == {"http_500"}
        assert len({fault.endpoint for fault in failure.faults}) > 1
        assert all(isinstance(one, Generation) for one in result.outcomes.values())
        assert len(result.outcomes) == 39


def test_retries_beyond_the_budget_are_spaced_out_and_still_made(tmp_path: Path) -> None:
    policy = replace(HURRIED, retry_budget=2.0, retry_refill=0.0, breaker_threshold=1000)
    with (
        FakeLlamaServer(slots=4, answer=echo) as server,
        pool_of(tmp_path, server, policy=policy) as pool,
    ):
        server.fail_always(faults.CUT, first(8))
        requests = questions(12)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert result.report.endpoints[0].faults == {"truncated": 8}


def test_a_server_that_refuses_every_request_counts_as_misconfigured(
    tmp_path: Path,
) -> None:
    refusal = ServerFault(
        FaultKind.status, status=422, body='{"error":{"message":"unsupported parameter: seed"}}'
    )
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=100.0) as well,
        FakeLlamaServer(slots=2, answer=echo) as picky,
        pool_of(tmp_path, well, picky) as pool,
    ):
        picky.fail_always(refusal, is_question)
        requests = questions(30)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert 0 < result.report.endpoints[1].faults["http_422"] < 10


def test_a_prompt_that_is_too_long_moves_to_a_larger_context(tmp_path: Path) -> None:
    # The caller's estimate is far too low, so only the server knows the length.
    long = [replace(one, prompt_tokens=12) for one in long_questions(4, 400)]
    with (
        FakeLlamaServer(slots=4, answer=echo, context=256) as small,
        FakeLlamaServer(slots=1, answer=echo, context=4096) as large,
        pool_of(tmp_path, endpoint(small, "a", context=256), large) as pool,
    ):
        result = pool.generate(long + questions(12)[4:])
        assert all(isinstance(one, Generation) for one in result.outcomes.values())
        for number in range(4):
            outcome = result.outcomes[f"subject-{number}"]
            assert isinstance(outcome, Generation)
            assert outcome.endpoint == "b"


def test_a_prompt_that_fits_nowhere_comes_back_at_once(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, context=512) as server,
        pool_of(tmp_path, endpoint(server, "a", context=512)) as pool,
    ):
        requests = [*questions(3), *questions(4, prompt_tokens=700)[3:]]
        result = pool.generate(requests)
        failure = result.outcomes.pop("subject-3")
        assert isinstance(failure, Failure)
        assert failure.reason == "context_exceeded"
        assert all(isinstance(one, Generation) for one in result.outcomes.values())
        assert sum(map(is_question, (one.body for one in server.requests))) == 3
