"""Endpoints whose answers cannot be used: noticed against their neighbours, and by little else."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.pools import (
    PATIENT,
    echo,
    is_question,
    pool_of,
    questions,
)
from resources.generation import Generation, GenerationRequest, Verdict
from resources.llama_server_pool.health.acceptance import Acceptance
from resources.llama_server_pool.reports import BatchResult

pytestmark = pytest.mark.timeout(180)


def of(counts: dict[str, tuple[int, int]]) -> Acceptance:
    """Return the verdicts: by endpoint, how many answers were usable and how many were not."""
    acceptance = Acceptance(counts)
    for name, (usable, rejected) in counts.items():
        for number in range(usable + rejected):
            acceptance.judged(name, usable=number < usable)
    return acceptance


@pytest.mark.parametrize(
    ("own", "rest", "found"),
    [
        pytest.param((0, 9), (9, 0), True, id="all against none"),
        pytest.param((5, 25), (50, 5), True, id="five in six against one in eleven"),
        pytest.param((0, 3), (50, 0), False, id="too few"),
        pytest.param((0, 9), (0, 9), False, id="all of them are rejected everywhere"),
        pytest.param((0, 30), (0, 0), False, id="nothing to compare with"),
        pytest.param((10, 40), (21, 29), False, id="a little worse than a poor model"),
        pytest.param((30, 20), (50, 0), False, id="most of its answers are usable"),
    ],
)
def test_an_endpoint_stands_out_far_above_its_neighbours(
    own: tuple[int, int], rest: tuple[int, int], found: bool
) -> None:
    acceptance = of({"sick": own, "well": rest})
    assert bool(acceptance.stands_out("sick")) is found
    assert not acceptance.stands_out("well")


def test_it_is_said_by_what_an_endpoint_stands_out() -> None:
    said = of({"sick": (0, 12), "well": (10, 1), "also": (10, 1)}).stands_out("sick")
    assert said == "12 of its last 12 answers were not usable, 2 of 22 elsewhere"


def test_a_server_that_turned_bad_late_is_noticed_and_one_that_was_mended_is_forgiven() -> None:
    acceptance = of({"a": (500, 40), "b": (500, 0)})
    assert acceptance.stands_out("a")
    for _ in range(45):
        acceptance.judged("a", usable=True)
    assert not acceptance.stands_out("a")


@pytest.mark.parametrize("share", [0.05, 0.4, 0.8])
def test_equal_servers_hardly_ever_raise_an_alarm(share: float) -> None:
    random = Random(13)
    alarms = 0
    for _ in range(20):
        names = [f"server-{number}" for number in range(8)]
        acceptance = Acceptance(names)
        for _ in range(400):
            name = random.choice(names)
            usable = random.random() >= share
            acceptance.judged(name, usable=usable)
            alarms += not usable and bool(acceptance.stands_out(name))
    assert alarms == 0


def test_without_a_usable_answer_an_endpoint_waits_for_something_to_compare_it_with() -> None:
    assert of({"sick": (0, 4), "well": (0, 0)}).is_doubtful("sick")
    assert not of({"sick": (0, 4), "well": (4, 0)}).is_doubtful("sick")
    assert not of({"sick": (1, 4), "well": (0, 0)}).is_doubtful("sick")
    assert not of({"sick": (0, 3), "well": (0, 0)}).is_doubtful("sick")


def judge(answer: Generation) -> Verdict:
    """Refuse exclamation marks."""
    return Verdict(usable="!!" not in answer.text, reason="garbage" if "!!" in answer.text else "")


def all_usable(requests: Sequence[GenerationRequest], result: BatchResult) -> bool:
    """Return whether every request has an answer that repeats its own question."""
    return all(
        isinstance(outcome := result.outcomes[one.subject], Generation)
        and f"{one.messages[-1]['content']} " in outcome.text
        for one in requests
    )


def test_a_fast_server_that_answers_garbage_does_not_get_the_batch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=150.0) as one,
        FakeLlamaServer(slots=2, answer=echo, decode=150.0) as other,
        FakeLlamaServer(slots=2, answer=lambda _: "!" * 64) as sick,
        pool_of(tmp_path, one, other, sick, policy=PATIENT) as pool,
        caplog.at_level(logging.WARNING),
    ):
        requests = questions(56)
        result = pool.generate(requests, accept=judge, attempts=2)
        assert all_usable(requests, result)
        asked = sum(is_question(request.body) for request in sick.requests)
        assert asked <= 20, "the sick server went on getting requests"
        *well, report = result.report.endpoints
        assert report.rejected.keys() == {"garbage"}
        # What it was still asked when another server answered first has no verdict.
        assert asked - sick.outcomes().count("cancelled") <= report.rejected["garbage"] <= asked
        assert (report.usable_share, *(row.usable_share for row in well)) == (0.0, 1.0, 1.0)
    assert "c: " in caplog.text
    assert "answers were not usable" in caplog.text


def test_what_is_asked_again_goes_to_another_server_first(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=60.0) as one,
        FakeLlamaServer(slots=2, answer=echo, decode=60.0) as other,
        pool_of(tmp_path, one, other, policy=PATIENT) as pool,
    ):
        pool.generate(questions(20, task="warm-up"))  # until both have passed their trials
        # So few that neither server is in doubt, and held back, before the other has answered.
        result = pool.generate(questions(4), accept=lambda one: one.attempt == 2, attempts=2)
        answered = {
            (entry.subject, entry.attempt): entry.outcome.endpoint
            for entry in pool.ledger.entries()
            if isinstance(entry.outcome, Generation) and entry.task != "warm-up"
        }
    for subject in result.outcomes:
        assert answered[subject, 1] != answered[subject, 2]


def test_a_server_alone_is_used_whatever_it_answers(tmp_path: Path) -> None:
    with FakeLlamaServer(slots=2, answer=echo) as server, pool_of(tmp_path, server) as pool:
        result = pool.generate(questions(30), accept=lambda _: False, attempts=2)
        assert len(result.outcomes) == 30
        assert result.report.endpoints[0].rejected == {"": 60}


def test_a_server_that_answers_usably_again_is_used_again(tmp_path: Path) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=150.0) as well,
        FakeLlamaServer(slots=2, answer=echo) as mended,
        pool_of(tmp_path, well, mended, policy=PATIENT) as pool,
    ):
        asked = iter(range(100))

        def for_a_while(body: dict[str, object]) -> str:
            return echo(body) if next(asked) > 24 else "!" * 64

        pool.generate(questions(20, task="warm-up"))  # until both have passed their trials
        mended.answer = for_a_while
        requests = questions(90)
        result = pool.generate(requests, accept=judge, attempts=2)
        assert all_usable(requests, result)
        assert result.report.endpoints[1].accepted > 0
