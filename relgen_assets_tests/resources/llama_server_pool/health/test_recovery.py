"""Servers that come back, change or vanish, over real HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relgen_assets_tests.fakes import faults
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
from resources.generation import Failure, Generation
from resources.llama_server_pool.endpoint import Dialect

pytestmark = pytest.mark.timeout(60)


def test_two_requests_that_fail_everywhere_are_set_aside_although_nothing_else_is_left(
    tmp_path: Path,
) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo) as server,
        pool_of(tmp_path, server, outage_timeout_seconds=30) as pool,
    ):
        server.fail_always(faults.HTTP_500, is_question)
        outcomes = pool.generate(questions(2)).outcomes.values()
        assert [one.reason for one in outcomes if isinstance(one, Failure)] == [
            "endpoints_exhausted",
            "endpoints_exhausted",
        ]


def test_a_server_is_tried_out_with_a_small_request_before_it_gets_work_again(
    tmp_path: Path,
) -> None:
    with (
        FakeLlamaServer(slots=1, answer=echo) as server,
        pool_of(tmp_path, server, outage_timeout_seconds=30) as pool,
    ):
        server.fail_always(faults.HTTP_500, first(3))
        requests = questions(4)
        assert_complete(pool, requests, pool.generate(requests))
        asked = [is_question(one.body) for one in server.requests]
        assert asked[:6] == [False, True, True, True, False, True]


def test_a_server_whose_prefill_has_become_ten_times_slower_is_not_given_up(
    tmp_path: Path,
) -> None:
    policy = replace(HURRIED, first_token_floor=0.2)
    with (
        FakeLlamaServer(slots=1, answer=echo, prefill=500.0, prefix_cache=False) as server,
        pool_of(
            tmp_path,
            endpoint(server, "a", prefill_rate=5000.0, decode_rate=1000.0),
            policy=policy,
            outage_timeout_seconds=30,
        ) as pool,
    ):
        result = pool.generate(long_questions(3, 400))
        assert all(isinstance(one, Generation) for one in result.outcomes.values())
        assert 1 <= result.report.endpoints[0].faults["stalled"] < 8


def test_a_server_that_refuses_schemas_is_asked_without_them(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2) as server,
        pool_of(tmp_path, server, unenforced_schema="use") as pool,
    ):
        server.fail_always(faults.SCHEMA_REFUSED, lambda body: "response_format" in body)
        requests = questions(6, json_schema=SCHEMA)
        assert_complete(pool, requests, pool.generate(requests))
        assert sum("response_format" in one.body for one in server.requests) == 3, "the trial"


def test_refused_schemas_do_not_make_a_server_that_takes_schemas_a_misconfigured_one(
    tmp_path: Path,
) -> None:
    poison = {f"question {number}" for number in range(4)}
    with FakeLlamaServer(slots=1) as server, pool_of(tmp_path, server) as pool:
        server.fail_always(
            faults.SCHEMA_REFUSED, lambda body: body["messages"][-1]["content"] in poison
        )
        outcomes = pool.generate(questions(8, json_schema=SCHEMA)).outcomes.values()
        assert sum(isinstance(one, Generation) for one in outcomes) == 4
        assert {one.reason for one in outcomes if isinstance(one, Failure)} == {"schema_rejected"}


def test_a_server_that_comes_back_with_fewer_slots_and_less_context_is_asked_anew(
    tmp_path: Path,
) -> None:
    with (
        FakeLlamaServer(slots=4, context=4096, answer=echo, decode=200.0) as server,
        pool_of(tmp_path, endpoint_at(server.url, "a"), outage_timeout_seconds=30) as pool,
    ):

        def come_back_smaller() -> None:
            wait_for(lambda: server.completions_started >= 6)
            server.stop()
            server.slots, server.context, server.peak = 1, 256, 0
            time.sleep(0.3)  # a server is restarted only after its death was noticed
            server.start()

        accident = threading.Thread(target=come_back_smaller)
        accident.start()
        requests = questions(20)
        assert_complete(pool, requests, pool.generate(requests))
        accident.join()
        assert server.peak == 1
        too_long = questions(21, prompt_tokens=500)[20:]
        (outcome,) = pool.generate(too_long).outcomes.values()
        assert isinstance(outcome, Failure)
        assert outcome.reason == "context_exceeded"
        assert not outcome.faults, "it was sent to a server that is too small for it"


@pytest.fixture
def distant() -> Iterator[tuple[str, int]]:
    """The address and the process of a server that reads prompts very slowly."""
    module = "relgen_assets_tests.fakes.llama_server"
    command = [sys.executable, "-m", module, "--slots", "1", "--prefill", "30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process.pid
        process.kill()


def test_a_host_that_vanishes_is_noticed_by_its_health_long_before_any_deadline(
    tmp_path: Path, distant: tuple[str, int]
) -> None:
    url, pid = distant
    policy = replace(HURRIED, probe_timeout=0.5, deadline_factor=1000.0)
    with (
        FakeLlamaServer(slots=1, decode=50.0) as steady,
        pool_of(
            tmp_path,
            endpoint(steady, "a", slots=1),
            endpoint_at(url, "b", slots=1, prefill_rate=1000.0, decode_rate=1000.0),
            policy=policy,
        ) as pool,
    ):

        def vanish() -> None:
            wait_for(lambda: steady.completions_started >= 3)
            os.kill(pid, signal.SIGSTOP)

        accident = threading.Thread(target=vanish)
        accident.start()
        result = pool.generate(long_questions(8, 400))
        accident.join()
        assert all(isinstance(one, Generation) for one in result.outcomes.values())
        assert set(result.report.endpoints[1].faults) == {"timeout", "probe_timeout"}


def test_a_slow_prefill_is_not_taken_for_an_outage_while_health_probes_are_answered(
    tmp_path: Path,
) -> None:
    policy = replace(HURRIED, quiet_seconds=0.1, first_token_floor=30.0, trial_timeout=30.0)
    with (
        FakeLlamaServer(slots=1, answer=echo, prefill=5.0, prefix_cache=False) as server,
        pool_of(tmp_path, server, policy=policy) as pool,
    ):
        requests = questions(1)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert result.report.endpoints[0].faults == {}
        assert server.visited.count("/health") >= 2


def test_the_outage_timeout_does_not_end_while_a_server_that_came_back_reads_a_prompt(
    tmp_path: Path,
) -> None:
    policy = replace(HURRIED, first_token_floor=30.0, trial_timeout=30.0)
    with (
        FakeLlamaServer(slots=1, answer=echo, prefill=9.0, prefix_cache=False) as server,
        pool_of(tmp_path, server, policy=policy, outage_timeout_seconds=0.5) as pool,
    ):
        server.fail_always(faults.RESET_BEFORE_HEADERS, first(3))
        requests = questions(2)
        assert_complete(pool, requests, pool.generate(requests))


def test_a_server_that_did_not_name_its_model_is_asked_again(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(dialect=Dialect.llama_cpp_python, answer=echo) as server,
        pool_of(tmp_path, endpoint_at(server.url, "a"), model=None) as pool,
    ):
        server.broken_paths.add("/v1/models")

        def heal() -> None:
            wait_for(lambda: "/v1/models" in server.visited)
            server.broken_paths.clear()

        healing = threading.Thread(target=heal)
        healing.start()
        outcomes = pool.generate(questions(4)).outcomes.values()
        healing.join()
        assert {one.model for one in outcomes if isinstance(one, Generation)} == {"fake-model"}


def test_a_server_that_never_names_its_model_does_not_delay_the_others(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo) as well,
        FakeLlamaServer(dialect=Dialect.llama_cpp_python, api_key="right") as locked,
        pool_of(
            tmp_path, well, endpoint(locked, "b", dialect=Dialect.llama_cpp_python), model=None
        ) as pool,
    ):
        requests = questions(6)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert set(result.report.endpoints[1].faults) == {"auth"}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_error_answer_to_a_health_probe_shows_that_the_server_is_alive(
    tmp_path: Path, status: int
) -> None:
    policy = replace(HURRIED, quiet_seconds=0.1, first_token_floor=30.0, trial_timeout=30.0)
    with (
        FakeLlamaServer(slots=1, answer=echo, prefill=9.0, prefix_cache=False) as server,
        pool_of(tmp_path, server, policy=policy) as pool,
    ):
        pool.generate(questions(1))
        server.health_status = status
        server.visited.clear()
        requests = questions(2)[1:]
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert "/health" in server.visited, "it was never silent long enough to be probed"
        assert result.report.endpoints[0].faults == {}
