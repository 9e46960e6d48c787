"""A batch answered from the ledger alone ends as it ended with servers, and asks nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.pools import (
    MODEL,
    echo,
    endpoint,
    pool_of,
    question,
    questions,
)
from resources.errors import NoEndpointLeft
from resources.generation import (
    Failure,
    Fault,
    Generation,
    GenerationRequest,
    Outcome,
    next_attempt,
)
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.dispatch.known import known_outcomes
from resources.llama_server_pool.dispatch.order import BatchOrder
from resources.progress import BOARD


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[GenerationLedger]:
    opened = GenerationLedger(url=f"sqlite:///{tmp_path}/ledger.db", password_env=None)
    yield opened
    opened.close()


def answer(request: GenerationRequest, text: str, finish_reason: str = "stop") -> Generation:
    return Generation(
        subject=request.subject,
        text=text,
        finish_reason=finish_reason,
        model=MODEL,
        endpoint="fast",
        prompt_tokens=5,
        cached_tokens=0,
        completion_tokens=3,
        seconds=0.1,
        attempt=request.attempt,
    )


def known(
    ledger: GenerationLedger,
    requests: Sequence[GenerationRequest],
    *,
    accept: Callable[[Generation], bool] | None = None,
    attempts: int = 1,
    granted: dict[str, int] | None = None,
    model: str = MODEL,
) -> tuple[dict[str, Outcome], list[str]]:
    """Return the outcomes by subject, and the subjects of unknown requests, sorted."""
    order = BatchOrder(requests, accept, attempts, 0.0, granted or {})
    with BOARD.begin("known", len(requests)) as progress:
        result, unknown = asyncio.run(known_outcomes(ledger, order, model, progress))
    return result.outcomes, sorted(request.subject for request in unknown)


def test_recorded_answers_are_the_outcomes_and_the_others_are_named(
    ledger: GenerationLedger,
) -> None:
    first, second, third = questions(3)
    ledger.record([(first, answer(first, "one")), (third, answer(third, "three"))])
    outcomes, unknown = known(ledger, [first, second, third])
    assert {
        subject: one.text for subject, one in outcomes.items() if isinstance(one, Generation)
    } == {
        first.subject: "one",
        third.subject: "three",
    }
    assert unknown == [second.subject]
    assert known(ledger, [first], model="another")[1] == [first.subject]


def test_an_unusable_answer_leads_to_the_next_attempt(ledger: GenerationLedger) -> None:
    request = question(1)
    again = next_attempt(request)
    last = next_attempt(again)
    ledger.record([(request, answer(request, "bad")), (again, answer(again, "good"))])
    ledger.record([(last, answer(last, "best", finish_reason="length"))])

    def text(attempts: int = 1, granted: dict[str, int] | None = None) -> str:
        outcomes, unknown = known(
            ledger,
            [request],
            accept=lambda one: one.text == "good",
            attempts=attempts,
            granted=granted,
        )
        assert not unknown
        (outcome,) = outcomes.values()
        assert isinstance(outcome, Generation)
        return outcome.text

    assert text() == "bad", "the only attempt counts, usable or not"
    assert text(attempts=2) == "good"
    assert text(granted={request.subject: 2}) == "good"
    outcomes, _ = known(ledger, [request], accept=lambda _: False, attempts=3)
    assert [one.text for one in outcomes.values() if isinstance(one, Generation)] == ["best"]
    _, unknown = known(ledger, [request], accept=lambda _: False, attempts=4)
    assert unknown == [request.subject], "a fourth attempt was never made"


def test_a_request_that_was_set_aside_stays_so(ledger: GenerationLedger) -> None:
    request = question(1)
    twin = replace(request, subject="twin")
    faults = (Fault("fast", "context_exceeded", "too long"),)
    ledger.record_failure(request, Failure(request.subject, "context_exceeded", faults), MODEL)
    outcomes, unknown = known(ledger, [request, twin])
    assert not unknown
    assert outcomes[request.subject] == Failure(request.subject, "context_exceeded", faults)
    assert outcomes["twin"] == Failure("twin", "context_exceeded", faults)


def test_an_answer_after_a_failure_counts(ledger: GenerationLedger) -> None:
    request = question(1)
    ledger.record_failure(request, Failure(request.subject, "endpoints_exhausted"), MODEL)
    ledger.record([(request, answer(request, "late"))])
    outcomes, _ = known(ledger, [request])
    (outcome,) = outcomes.values()
    assert isinstance(outcome, Generation)
    assert outcome.text == "late"


def test_equal_requests_that_nothing_answers_are_all_named(ledger: GenerationLedger) -> None:
    request = question(1)
    twin = replace(request, subject="twin")
    assert known(ledger, [request, twin]) == ({}, sorted([request.subject, "twin"]))


@pytest.mark.parametrize("model", [None, MODEL])
def test_a_fully_known_batch_sends_no_request(tmp_path: Path, model: str | None) -> None:
    asked: dict[str, Any] = {"accept": lambda one: one.attempt == 2, "attempts": 2}
    with FakeLlamaServer(answer=echo) as server:
        with pool_of(tmp_path, server, model=model) as pool:
            pool.generate(questions(4), **asked)
        server.requests.clear()
        with pool_of(tmp_path, server, model=model) as pool:
            result = pool.generate(questions(4), **asked)
        assert result.report.from_ledger == 4
        assert not server.requests, "not even a trial"


@pytest.mark.parametrize("model", [None, MODEL])
def test_a_fully_known_batch_is_answered_with_every_server_down(
    tmp_path: Path, model: str | None
) -> None:
    server = FakeLlamaServer(answer=echo)
    with server, pool_of(tmp_path, server, model=model) as pool:
        pool.generate(questions(4))
    with pool_of(tmp_path, endpoint(server, "a"), model=model, outage_timeout_seconds=0.3) as pool:
        result = pool.generate(questions(4))
        assert result.report.from_ledger == 4
        with pytest.raises(NoEndpointLeft):
            pool.generate(questions(5))


def test_a_server_that_has_another_model_now_is_asked_again(tmp_path: Path) -> None:
    for name in ("old", "new"):
        with (
            FakeLlamaServer(answer=echo, model=name) as server,
            pool_of(tmp_path, server, model=None) as pool,
        ):
            assert pool.generate(questions(2)).report.generated == 2
