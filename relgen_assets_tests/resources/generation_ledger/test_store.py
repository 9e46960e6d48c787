"""Recording and finding answers: once paid, never asked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from relgen_assets_tests.resources.generation_ledger.conftest import Place
from relgen_assets_tests.resources.generation_ledger.samples import (
    MODEL,
    a_failure,
    a_request,
    an_answer,
    pairs,
)
from resources.generation import Generation, Sampling
from resources.generation_ledger.keys import generation_key
from resources.generation_ledger.ledger import GenerationLedger
from resources.generation_ledger.store import Transcript


def test_an_answer_comes_back_as_it_was(ledger: GenerationLedger, place: Place) -> None:
    request = a_request()
    answer = an_answer(request)
    assert ledger.lookup([request], MODEL) == {}
    ledger.record([(request, answer)])
    expected = {request.subject: replace(answer, from_ledger=True)}
    assert ledger.lookup([request], MODEL) == expected
    assert place.open().lookup([request], MODEL) == expected, "another process sees it too"


def test_nothing_to_do_is_fine(ledger: GenerationLedger) -> None:
    ledger.record([])
    assert ledger.lookup([], MODEL) == {}
    assert ledger.record_verdicts([]) == 0
    ledger.grant_attempts("extraction", [], 3)


def test_everything_about_a_call_is_kept(ledger: GenerationLedger) -> None:
    request = a_request(3, attempt=2, variant=4)
    ledger.record([(request, an_answer(request))])
    (entry,) = ledger.show(generation_key(request, MODEL))
    assert entry.subject == request.subject
    assert entry.task == request.task
    assert entry.messages == request.messages
    assert entry.json_schema == request.json_schema
    assert list((entry.json_schema or {})["properties"]) == ["b", "a"], "order is part of a schema"
    assert entry.sampling == request.sampling
    assert (entry.attempt, entry.variant, entry.model) == (2, 4, MODEL)
    assert (entry.run_id, entry.partition) == ("run-1", "papers-00000")
    assert entry.labels == {"prompt_version": "abc"}
    assert isinstance(entry.outcome, Generation)
    assert entry.outcome.seconds == 2.25
    recorded = datetime.fromisoformat(entry.recorded_at)
    assert timedelta(0) <= datetime.now(UTC) - recorded < timedelta(minutes=5)


def test_sampling_is_kept_whole(ledger: GenerationLedger) -> None:
    request = a_request(sampling=Sampling(0.7, 200, 0.9, 3, min_p=0.05, top_k=0, stop=("###",)))
    ledger.record([(request, an_answer(request))])
    (entry,) = ledger.show(generation_key(request, MODEL))
    assert entry.sampling == request.sampling
    assert entry.labels == {"prompt_version": "abc"}


def test_calls_are_found_by_key_as_they_were_made(ledger: GenerationLedger) -> None:
    request, failed = a_request(0, messages=({"role": "user", "content": "NUL \0"},)), a_request(1)
    ledger.record([(request, an_answer(request, text="yes"))])
    ledger.record_failure(failed, a_failure(failed), MODEL)
    key = generation_key(request, MODEL)
    assert ledger.calls([key, key, generation_key(failed, MODEL), ""]) == {
        key: Transcript(request.messages, frozenset({"yes"}))
    }
    assert ledger.calls([]) == {}


def test_any_endpoint_answers_for_all_but_models_are_kept_apart(ledger: GenerationLedger) -> None:
    request = a_request()
    ledger.record([(request, an_answer(request, endpoint="arm-7"))])
    assert ledger.lookup([request], MODEL)[request.subject].endpoint == "arm-7"
    assert ledger.lookup([request], "another-model") == {}


def test_a_changed_prompt_makes_exactly_the_affected_calls_new(ledger: GenerationLedger) -> None:
    ledger.record(pairs(*range(10)))
    requests = [a_request(number) for number in range(10)]
    requests[4] = a_request(4, messages=({"role": "user", "content": "Another prompt."},))
    missing = {request.subject for request in requests} - set(ledger.lookup(requests, MODEL))
    assert missing == {requests[4].subject}


def test_recording_twice_changes_nothing(ledger: GenerationLedger) -> None:
    request = a_request()
    ledger.record([(request, an_answer(request, text="first"))])
    ledger.record([(request, an_answer(request, text="second"))])
    ledger.record([(request, an_answer(request, text="x")), (request, an_answer(request))])
    assert ledger.lookup([request], MODEL)[request.subject].text == "first"
    assert len(list(ledger.entries(superseded=True))) == 1


def test_equal_texts_of_two_subjects_share_one_answer(ledger: GenerationLedger) -> None:
    first, second = a_request(1), replace(a_request(1), subject="copy")
    ledger.record([(first, an_answer(first))])
    found = ledger.lookup([first, second], MODEL)
    assert found["copy"].subject == "copy"
    assert found["copy"].text == found[first.subject].text


def test_thousands_at_once(ledger: GenerationLedger) -> None:
    answers = pairs(*range(1_201))
    ledger.record(answers)
    found = ledger.lookup([request for request, _ in answers], MODEL)
    assert {subject: one.text for subject, one in found.items()} == {
        request.subject: answer.text for request, answer in answers
    }


@pytest.mark.parametrize(
    "text",
    ["", "a\0b", "lone \ud800 surrogate", "naïve ∑ 🧬", "x" * 300_000],
    ids=["empty", "nul", "surrogate", "unicode", "long"],
)
def test_any_text_survives(ledger: GenerationLedger, text: str) -> None:
    request = a_request(messages=({"role": "user", "content": text},), json_schema=None)
    ledger.record([(request, an_answer(request, text=text))])
    assert ledger.lookup([request], MODEL)[request.subject].text == text
    (entry,) = ledger.entries()
    assert entry.messages == request.messages


def test_odd_ids_are_kept_readable(ledger: GenerationLedger) -> None:
    request = a_request(subject="bad\0id\ud800")
    ledger.record([(request, an_answer(request))])
    assert ledger.lookup([request], MODEL)["bad\0id\ud800"].text == '{"ok": true}'
    (entry,) = ledger.entries(subject=request.subject)
    assert entry.subject == "bad\\0id\\ud800"


def test_a_failure_is_kept_and_asked_again(ledger: GenerationLedger) -> None:
    request = a_request()
    ledger.record_failure(request, a_failure(request), MODEL)
    assert ledger.lookup([request], MODEL) == {}
    (entry,) = ledger.entries()
    assert entry.outcome == a_failure(request)


def test_an_answer_takes_over_from_a_failure_which_stays(ledger: GenerationLedger) -> None:
    request = a_request()
    ledger.record_failure(request, a_failure(request), MODEL)
    ledger.record([(request, an_answer(request))])
    failed, answered = ledger.show(generation_key(request, MODEL))
    assert failed.outcome == a_failure(request)
    assert failed.superseded_at is not None
    assert answered.superseded_at is None
    assert request.subject in ledger.lookup([request], MODEL)


def test_a_failure_never_takes_over_from_an_answer(place: Place) -> None:
    request = a_request()
    place.open().record([(request, an_answer(request))])
    ledger = place.open(renew_before=datetime.now(UTC).isoformat())
    ledger.record_failure(request, a_failure(request), MODEL)
    assert request.subject in place.open().lookup([request], MODEL)
    assert len(list(ledger.entries(superseded=True))) == 1


def test_variants_and_attempts_are_kept_side_by_side(ledger: GenerationLedger) -> None:
    first = a_request()
    variants = [first, replace(first, variant=2), replace(first, attempt=2)]
    for number, request in enumerate(variants):
        ledger.record([(request, an_answer(request, text=str(number)))])
    texts = [ledger.lookup([request], MODEL)[first.subject].text for request in variants]
    assert texts == ["0", "1", "2"]
    assert [(e.variant, e.attempt) for e in ledger.entries()] == [(1, 1), (2, 1), (1, 2)]


def test_renewing_answers_is_explicit_and_survives_a_crash_halfway(place: Place) -> None:
    answers = pairs(1, 2)
    requests = [request for request, _ in answers]
    place.open().record(answers)
    began = datetime.now(UTC).isoformat()

    overwriting = place.open(renew_before=began)
    assert overwriting.lookup(requests, MODEL) == {}
    overwriting.record([(requests[0], an_answer(requests[0], text="anew"))])

    rerun = place.open(renew_before=began)
    assert set(rerun.lookup(requests, MODEL)) == {requests[0].subject}, "not asked a third time"
    assert rerun.lookup(requests, MODEL)[requests[0].subject].text == "anew"

    usual = place.open()
    assert {one.text for one in usual.lookup(requests, MODEL).values()} == {"anew", '{"n": 2}'}
    old, new = usual.show(generation_key(requests[0], MODEL))
    assert (old.superseded_at is None, new.superseded_at is None) == (False, True)


@pytest.mark.parametrize("value", ["yesterday", "2999-01-01T00:00:00"])
def test_a_wrong_time_to_renew_is_refused(sqlite_place: Place, value: str) -> None:
    with pytest.raises(ValidationError, match=r"renew_before"):
        sqlite_place.open(renew_before=value)


def test_it_is_a_dagster_resource(place: Place) -> None:
    from dagster import asset, materialize

    request = a_request()

    @asset
    def answers(ledger: GenerationLedger) -> None:
        ledger.record([(request, an_answer(request))])

    result: Any = materialize([answers], resources={"ledger": place.open()})
    assert result.success
    assert request.subject in place.open().lookup([request], MODEL)


def test_thoughts_are_kept_beside_the_answer(ledger: GenerationLedger) -> None:
    request = a_request(1)
    ledger.record([(request, an_answer(request, reasoning="Let me see.", cut_off="<|im_end|>"))])
    (found,) = ledger.lookup([request], MODEL).values()
    assert (found.text, found.reasoning, found.cut_off) == (
        '{"ok": true}',
        "Let me see.",
        "<|im_end|>",
    )
