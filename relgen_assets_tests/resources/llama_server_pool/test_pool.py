"""The pool as an asset uses it: from requests to outcomes, through the ledger."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from relgen_assets_tests.fakes import faults
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.pools import (
    HURRIED,
    MODEL,
    assert_complete,
    at_length,
    echo,
    endpoint,
    endpoint_at,
    first,
    is_question,
    ledger_at,
    pool_of,
    question,
    questions,
)
from relgen_assets_tests.resources.llama_server_pool.waiting import wait_for
from resources.errors import ConfigurationError, LedgerError, NoEndpointLeft
from resources.generation import (
    Failure,
    Generation,
    GenerationRequest,
    Message,
    Sampling,
    next_attempt,
)
from resources.llama_server_pool.embedded import shared as embedded
from resources.llama_server_pool.endpoint import Endpoint, remaining_endpoints
from resources.llama_server_pool.pool import LlamaServerPool
from resources.llama_server_pool.reports import BatchResult
from resources.progress import BOARD, TaskProgress

pytestmark = pytest.mark.timeout(60)


def test_every_endpoint_works_with_as_many_requests_as_it_has_slots(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=3, answer=echo, decode=200.0) as large,
        FakeLlamaServer(slots=1, answer=echo, decode=200.0) as small,
        pool_of(tmp_path, large, small) as pool,
    ):
        requests = questions(32)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert (large.peak, small.peak) == (3, 1)
        assert result.report.generated == 32
        assert not result.report.failed


def test_an_endpoint_can_be_left_out_of_one_batch(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=200.0) as one,
        FakeLlamaServer(slots=2, answer=echo, decode=200.0) as other,
        pool_of(tmp_path, endpoint(one, "one"), endpoint(other, "other")) as pool,
    ):
        without = pool.generate(questions(8), leave_out=["one"])
        assert {answer.endpoint for answer in generations(without.outcomes).values()} == {"other"}
        assert [report.name for report in without.report.endpoints] == ["other"]
        both = pool.generate([question(number) for number in range(20, 36)])
        assert {answer.endpoint for answer in generations(both.outcomes).values()} == {
            "one",
            "other",
        }


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["thre"], "no endpoint 'thre'.*Configured are: one, two"),
        (["one", "two"], "no endpoint would be left.*one, two"),
    ],
)
def test_what_cannot_be_left_out_is_an_error_that_lists_the_endpoints(
    tmp_path: Path, names: list[str], message: str
) -> None:
    known = [endpoint_at("http://127.0.0.1:9", "one"), endpoint_at("http://127.0.0.1:8", "two")]
    with (
        pool_of(tmp_path, *known) as pool,
        pytest.raises(ConfigurationError, match=message),
    ):
        pool.generate(questions(1), leave_out=names)


def test_the_embedded_server_cannot_be_left_out() -> None:
    with pytest.raises(ConfigurationError, match="embedded server cannot be left out"):
        remaining_endpoints([], ["embedded"])


def test_slots_and_context_are_asked_when_not_configured(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=3, context=2048, answer=echo, decode=200.0) as server,
        pool_of(tmp_path, endpoint(server, "a", slots=None)) as pool,
    ):
        result = pool.generate([*questions(12), question(12, prompt_tokens=3000)])
        assert server.peak == 3
        assert not isinstance(result.outcomes["subject-12"], Generation)
        assert result.report.generated == 12


def test_a_second_run_takes_everything_from_the_ledger_and_needs_no_server(tmp_path: Path) -> None:
    requests = questions(10)
    with FakeLlamaServer(slots=2, answer=echo) as server:
        with pool_of(tmp_path, server) as pool:
            first = pool.generate(requests)
        config = endpoint(server, "a")
    with pool_of(tmp_path, config) as pool:
        again = pool.generate(requests)
    assert again.report.from_ledger == 10
    assert {name: one.text for name, one in generations(again.outcomes).items()} == {
        name: one.text for name, one in generations(first.outcomes).items()
    }
    assert all(one.from_ledger for one in generations(again.outcomes).values())


def test_an_empty_batch_asks_no_server(tmp_path: Path) -> None:
    with FakeLlamaServer() as server, pool_of(tmp_path, server) as pool:
        assert pool.generate([]).outcomes == {}
        assert server.visited == []


def test_an_answer_that_is_not_accepted_is_asked_for_again_with_other_sampling(
    tmp_path: Path,
) -> None:
    with (
        FakeLlamaServer(slots=2, answer=lambda body: f"seed {body.get('seed')}") as server,
        pool_of(tmp_path, server) as pool,
    ):
        result = pool.generate(
            questions(3), accept=lambda one: one.text != "seed 7", attempts=3, title="tries"
        )
        for outcome in generations(result.outcomes).values():
            assert (outcome.attempt, outcome.text) == (2, "seed 8")
        assert result.report.content_retries == 3

        asked = server.completions_started
        again = pool.generate(questions(3), accept=lambda one: one.text != "seed 7", attempts=3)
        assert server.completions_started == asked
        assert again.report.from_ledger == 3
        assert {one.attempt for one in generations(again.outcomes).values()} == {2}


def told_more(request: GenerationRequest, answer: Generation) -> GenerationRequest:
    """Ask again with the unusable answer in the question, on another endpoint if there is one."""
    content = f"question again, not {answer.text[:200]}"
    return replace(
        next_attempt(request),
        messages=(Message(role="user", content=content),),
        avoid=frozenset({answer.endpoint}),
    )


def test_the_caller_may_ask_again_otherwise_and_elsewhere(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo) as one,
        FakeLlamaServer(slots=2, answer=echo) as other,
        pool_of(tmp_path, one, other) as pool,
    ):

        def ask() -> BatchResult:
            return pool.generate(
                questions(4),
                accept=lambda one: "again" in one.text,
                attempts=3,
                ask_again=told_more,
            )

        result = ask()
        first = pool.ledger.lookup(questions(4), MODEL)
        for subject, outcome in generations(result.outcomes).items():
            assert outcome.attempt == 2
            assert "not the answer to question" in outcome.text
            assert outcome.endpoint != first[subject].endpoint
        assert result.report.content_retries == 4

        started = one.completions_started + other.completions_started
        assert ask().report.from_ledger == 4
        assert one.completions_started + other.completions_started == started


def test_an_endpoint_that_should_be_avoided_is_used_if_there_is_no_other(tmp_path: Path) -> None:
    with FakeLlamaServer(slots=2, answer=echo) as server, pool_of(tmp_path, server) as pool:
        result = pool.generate(
            questions(2), accept=lambda one: "again" in one.text, attempts=2, ask_again=told_more
        )
        assert {one.attempt for one in generations(result.outcomes).values()} == {2}


def test_an_attempt_longer_than_every_context_leaves_the_answer_before_it(tmp_path: Path) -> None:
    def much_longer(request: GenerationRequest, _: Generation) -> GenerationRequest:
        return replace(next_attempt(request), prompt_tokens=100_000)

    with FakeLlamaServer(slots=2, answer=echo) as server, pool_of(tmp_path, server) as pool:
        result = pool.generate(
            questions(2), accept=lambda _: False, attempts=2, ask_again=much_longer
        )
        assert {one.attempt for one in generations(result.outcomes).values()} == {1}
        assert result.report.failed == 0


def test_after_the_last_attempt_its_answer_is_the_outcome_as_it_is(tmp_path: Path) -> None:
    with FakeLlamaServer(slots=2, answer=echo) as server, pool_of(tmp_path, server) as pool:
        server.fail_always(faults.LENGTH, is_question)
        result = pool.generate(questions(4), attempts=3)
        for outcome in generations(result.outcomes).values():
            assert (outcome.attempt, outcome.finish_reason) == (3, "length")
        assert sum(is_question(one.body) for one in server.requests) == 12


def test_a_subject_that_was_granted_more_attempts_is_asked_alone(tmp_path: Path) -> None:
    with FakeLlamaServer(slots=2, answer=echo) as server, pool_of(tmp_path, server) as pool:
        pool.generate(questions(3), accept=lambda _: False, attempts=2)
        server.requests.clear()
        result = pool.generate(
            questions(3), accept=lambda _: False, attempts=2, granted={"subject-1": 4}
        )
        asked = [one.body for one in server.requests if is_question(one.body)]
        assert [body["messages"][-1]["content"] for body in asked] == ["question 1"] * 2
        assert [body["seed"] for body in asked] == [9, 10]
        attempts = {name: one.attempt for name, one in generations(result.outcomes).items()}
        assert attempts == {"subject-0": 2, "subject-1": 4, "subject-2": 2}


def test_an_error_in_accept_reaches_the_caller_and_costs_no_slot(tmp_path: Path) -> None:
    def judge(_: Generation) -> bool:
        raise LookupError("no such judge")

    with (
        FakeLlamaServer(slots=1, answer=echo) as server,
        pool_of(tmp_path, server) as pool,
    ):
        with pytest.raises(LookupError, match="no such judge"):
            pool.generate(questions(4), accept=judge)
        requests = questions(4)
        assert_complete(pool, requests, pool.generate(requests))


def test_subjects_must_be_unique(tmp_path: Path) -> None:
    with (
        FakeLlamaServer() as server,
        pool_of(tmp_path, server) as pool,
        pytest.raises(ValueError, match="subject-1"),
    ):
        pool.generate([question(1), question(1)])


def test_of_two_attempts_the_first_usable_answer_wins(tmp_path: Path) -> None:
    long = Sampling(temperature=0.0, max_tokens=200)
    with (
        FakeLlamaServer(slots=1, answer=at_length, decode=400.0) as hasty,
        FakeLlamaServer(slots=1, answer=at_length, decode=400.0) as thorough,
        pool_of(tmp_path, thorough, hasty) as pool,
    ):
        pool.generate(questions(12, sampling=long))
        thorough.decode = 40.0
        hasty.answer = lambda body: "useless " + at_length(body)
        requests = questions(14, sampling=long)[12:]
        result = pool.generate(requests, accept=lambda one: not one.text.startswith("useless"))
        kept = [one for one in generations(result.outcomes).values() if one.endpoint == "a"]
        assert kept, "the useless answer of the hedge was used"
        assert result.report.endpoints[1].hedged_tokens > 0, "there was no hedge"


def test_two_subjects_with_equal_words_share_one_answer(tmp_path: Path) -> None:
    same = question(0).messages
    with (
        FakeLlamaServer(slots=4, answer=echo, decode=200.0) as server,
        pool_of(tmp_path, server) as pool,
    ):
        server.fail_always(faults.HTTP_500, first(1))
        requests = [*questions(2), question(2, messages=same), question(3, messages=same)]
        result = pool.generate(requests, accept=lambda one: one.attempt == 2, attempts=2)
        asked = [one.body for one in server.requests if one.outcome == "answered"]
        assert sum(map(is_question, asked)) == 2 * 2, "a coalesced request was sent on its own"
        answers = generations(result.outcomes)
        assert answers["subject-2"].text == answers["subject-0"].text
        assert answers["subject-2"].from_ledger
        assert not answers["subject-0"].from_ledger


def test_a_request_coalesced_with_one_that_is_set_aside_is_set_aside_with_it(
    tmp_path: Path,
) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, context=512) as server,
        pool_of(tmp_path, server) as pool,
    ):
        requests = questions(2, prompt_tokens=900, messages=question(0).messages)
        outcomes = pool.generate(requests).outcomes
        assert [(name, type(one)) for name, one in sorted(outcomes.items())] == [
            ("subject-0", Failure),
            ("subject-1", Failure),
        ]


def test_nothing_new_is_started_while_answers_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = replace(HURRIED, write_seconds=0.1)
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=100.0) as server,
        pool_of(tmp_path, server, policy=policy) as pool,
    ):
        record = pool.ledger.record
        asked: list[int] = []

        def slow_once(answers: Any) -> None:
            if not asked:
                time.sleep(0.4)
                asked.append(server.completions_started)
                time.sleep(0.8)
                asked.append(server.completions_started)
            record(answers)

        monkeypatch.setattr(type(pool.ledger), "record", lambda _, answers: slow_once(answers))
        requests = questions(20)
        assert_complete(pool, requests, pool.generate(requests))
        assert asked[0] == asked[1] < 20


def test_answers_that_cannot_be_written_down_are_not_handed_out(tmp_path: Path) -> None:
    with FakeLlamaServer(slots=2, answer=echo) as server, pool_of(tmp_path, server) as pool:
        pool.generate(questions(2))
        with pool.ledger.engine.begin() as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER full BEFORE INSERT ON ledger_generations "
                "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        with pytest.raises(LedgerError):
            pool.generate(questions(6)[2:])
        assert server.wait_idle()


def test_it_works_where_an_event_loop_is_already_running(tmp_path: Path) -> None:
    async def notebook(pool: LlamaServerPool) -> int:
        return len(pool.generate(questions(4)).outcomes)

    with FakeLlamaServer(slots=2, answer=echo) as server, pool_of(tmp_path, server) as pool:
        assert asyncio.run(notebook(pool)) == 4


def test_an_interrupt_cancels_what_runs_keeps_what_is_done_and_leaves_the_pool_usable(
    tmp_path: Path,
) -> None:
    requests = questions(30)
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=60.0) as server,
        pool_of(tmp_path, server) as pool,
    ):
        interrupter = threading.Thread(
            target=interrupt_main_when, args=(lambda: server.outcomes().count("answered") >= 5,)
        )
        interrupter.start()
        with pytest.raises(KeyboardInterrupt):
            pool.generate(requests)
        interrupter.join()
        assert server.wait_idle(), "a request is still running on the server"
        kept = pool.ledger.lookup(requests, "fake-model")
        assert 0 < len(kept) < 30
        server.decode = 2000.0
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert result.report.from_ledger == len(kept)


def test_progress_is_shown_on_the_board(tmp_path: Path) -> None:
    heard: list[TaskProgress] = []
    leave = BOARD.subscribe(heard.append)
    try:
        with FakeLlamaServer(slots=2, answer=echo) as server, pool_of(tmp_path, server) as pool:
            pool.generate(questions(5), title="summaries")
            pool.generate(questions(6), title="summaries")
    finally:
        leave()
    last = [one for one in heard if one.finished]
    assert [(one.title, one.done, one.total, one.from_ledger) for one in last] == [
        ("summaries", 5, 5, 0),
        ("summaries", 6, 6, 5),
    ]
    assert last[0].tokens > 0


def test_describe_says_which_endpoints_answer_and_why_others_do_not(tmp_path: Path) -> None:
    gone = FakeLlamaServer()
    gone.start()
    gone.stop()
    with (
        FakeLlamaServer(slots=3, context=2048, decode=500.0) as server,
        pool_of(tmp_path, endpoint(server, "a", slots=None), gone) as pool,
    ):
        well, dead = pool.describe()
        assert (well.answers, well.slots, well.context, well.dialect) == (
            True,
            3,
            2048,
            "llama_cpp",
        )
        assert well.tokens_per_second is not None
        assert (dead.answers, dead.tokens_per_second) == (False, None)
        assert "refused" in dead.fault


def test_without_a_configured_model_the_servers_are_asked(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, model="/models/tiny-q4.gguf") as one,
        FakeLlamaServer(slots=2, answer=echo, model="/srv/tiny-q4.gguf") as other,
        pool_of(tmp_path, one, other, model=None) as pool,
    ):
        outcomes = generations(pool.generate(questions(6)).outcomes)
        assert {outcome.model for outcome in outcomes.values()} == {"tiny-q4"}


def test_servers_with_different_models_are_refused_and_both_are_named(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(model="small") as one,
        FakeLlamaServer(model="large") as other,
        pool_of(tmp_path, one, other, model=None) as pool,
        pytest.raises(ConfigurationError, match=r"a: small, b: large"),
    ):
        pool.generate(questions(2))


def test_servers_that_name_no_model_need_one_in_the_settings(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(model="") as server,
        pool_of(tmp_path, server, model=None) as pool,
        pytest.raises(ConfigurationError, match=r"pool\.model"),
    ):
        pool.generate(questions(2))


def test_what_only_a_lost_endpoint_could_hold_is_set_aside_after_the_outage_timeout(
    tmp_path: Path,
) -> None:
    gone = FakeLlamaServer(context=8192)
    gone.start()
    gone.stop()
    with (
        FakeLlamaServer(slots=2, answer=echo, context=512) as small,
        pool_of(
            tmp_path,
            endpoint(small, "a", context=512),
            endpoint(gone, "b", context=8192),
            outage_timeout_seconds=0.5,
        ) as pool,
    ):
        result = pool.generate([*questions(6), question(6, prompt_tokens=2000)])
        failure = result.outcomes.pop("subject-6")
        assert isinstance(failure, Failure)
        assert failure.reason == "context_exceeded"
        assert len(generations(result.outcomes)) == 6


def test_it_is_a_dagster_resource(tmp_path: Path) -> None:
    @dg.asset
    def answers(llama_server_pool: LlamaServerPool) -> dict[str, str]:
        outcomes = generations(llama_server_pool.generate(questions(4)).outcomes)
        return {name: one.text for name, one in outcomes.items()}

    with FakeLlamaServer(slots=2, answer=echo) as server, pool_of(tmp_path, server) as pool:
        result = dg.materialize([answers], resources={"llama_server_pool": pool})
        assert result.success
        value = result.output_for_node("answers")
        assert value["subject-3"].startswith("the answer to question 3 ")


def test_with_no_endpoint_the_embedded_server_is_borrowed_and_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeLlamaServer(slots=1, answer=echo) as server:
        borrowed: list[str] = []

        def acquire(log_dir: Path) -> Endpoint:
            borrowed.append(str(log_dir))
            return endpoint(server, "embedded")

        monkeypatch.setattr(embedded, "acquire", acquire)
        monkeypatch.setattr(embedded, "release", borrowed.clear)
        with pool_of(tmp_path, log_dir=str(tmp_path / "logs")) as pool:
            assert pool.is_embedded
            pool.generate(questions(2))
            pool.generate(questions(3))
            assert borrowed == [str(tmp_path / "logs")]
        assert borrowed == []


@pytest.mark.parametrize(
    ("endpoints", "words"),
    [
        pytest.param(
            [{"name": "gpu0", "url": "http://x:1"}, {"name": "gpu0", "url": "http://x:2"}],
            ["'gpu0'", "field name"],
            id="duplicate-name",
        ),
        pytest.param(
            [{"name": "gpu0", "url": "http://x:1"}, {"name": "gpu1", "url": "http://x:1/v1"}],
            ["'gpu1'", "field url", "'gpu0'"],
            id="same-server-twice",
        ),
        pytest.param(
            [{"name": "gpu0", "url": "http://x:1", "slots": 0}],
            ["'gpu0'", "field slots"],
            id="zero-slots",
        ),
        pytest.param(
            [{"name": "gpu0", "url": "x:8080"}], ["'gpu0'", "field url", "scheme"], id="no-scheme"
        ),
        pytest.param(
            [{"name": "gpu0", "url": "http://x:1", "dialect": "abacus"}],
            ["'gpu0'", "field dialect", "llama_cpp"],
            id="unknown-dialect",
        ),
        pytest.param(
            [{"name": "gpu0", "url": "http://x:1", "api_key_env": "NO_SUCH_VARIABLE"}],
            ["'gpu0'", "field api_key_env", "NO_SUCH_VARIABLE"],
            id="missing-key",
        ),
        pytest.param(
            [
                {"name": "gpu0", "url": "http://x:1", "model": "a"},
                {"name": "gpu1", "url": "http://x:2", "model": "b"},
            ],
            ["gpu0: a", "gpu1: b"],
            id="two-models",
        ),
    ],
)
def test_a_wrong_configuration_is_refused_before_anything_starts(
    tmp_path: Path, endpoints: list[dict[str, Any]], words: list[str]
) -> None:
    settings: dict[str, Any] = {"endpoints": endpoints, "ledger": ledger_at(tmp_path / "l.db")}
    with pytest.raises(ConfigurationError) as caught:
        LlamaServerPool(**settings)
    for word in words:
        assert word in str(caught.value)


def test_the_former_name_of_the_outage_timeout_still_counts(tmp_path: Path) -> None:
    pool = LlamaServerPool(ledger=ledger_at(tmp_path / "l.db"), patience_seconds=3)
    assert pool.outage_timeout_seconds == 3


def test_an_outage_ends_with_the_remedy_of_the_project(tmp_path: Path) -> None:
    gone = endpoint_at("http://127.0.0.1:9", "a")
    with pool_of(
        tmp_path, gone, outage_timeout_seconds=0.1, outage_remedy="Ring the bell."
    ) as pool:
        with pytest.raises(NoEndpointLeft, match="a: ") as caught:
            pool.generate(questions(1))
        assert caught.value.remedy == "Ring the bell."
    with pool_of(tmp_path, gone, outage_timeout_seconds=0.1) as pool:
        with pytest.raises(NoEndpointLeft) as caught:
            pool.generate(questions(1))
        assert "LlamaServerPool.describe" in caught.value.remedy


def test_a_password_in_a_url_is_refused_and_not_shown(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "endpoints": [{"name": "gpu0", "url": "http://me:hunter2@x:1"}],
        "ledger": ledger_at(tmp_path / "l.db"),
    }
    with pytest.raises(ConfigurationError, match="a user or password") as caught:
        LlamaServerPool(**settings)
    assert "hunter2" not in str(caught.value)


def generations(outcomes: dict[str, Any]) -> dict[str, Generation]:
    """Return the outcomes, all of which must be answers."""
    assert all(isinstance(one, Generation) for one in outcomes.values()), outcomes
    return outcomes


def interrupt_main_when(condition: Callable[[], bool]) -> None:
    """Interrupt the main thread as Ctrl-C does, once a condition holds."""
    wait_for(condition)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
