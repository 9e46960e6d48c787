"""What is kept beside the answers: verdicts and grants of further attempts."""

from __future__ import annotations

from relgen_assets_tests.resources.generation_ledger.samples import (
    MODEL,
    a_request,
    an_answer,
    pairs,
)
from resources.generation_ledger.keys import generation_key
from resources.generation_ledger.ledger import GenerationLedger
from resources.generation_ledger.verdicts_and_grants import RecordedVerdict


def test_verdicts_stand_beside_answers_and_can_be_given_again(ledger: GenerationLedger) -> None:
    request = a_request()
    key = generation_key(request, MODEL)
    ledger.record([(request, an_answer(request))])
    assert ledger.record_verdicts([RecordedVerdict(key, "rules-1", "rejected", "no_json")]) == 1
    assert ledger.record_verdicts([RecordedVerdict(key, "rules-2", "valid")]) == 1
    again = RecordedVerdict(
        key, "rules-1", "repaired", None, ("closed_brackets", "dropped\0entity")
    )
    assert ledger.record_verdicts([again]) == 1

    (entry,) = ledger.show(key)
    assert set(entry.verdicts) == {again, RecordedVerdict(key, "rules-2", "valid")}
    assert ledger.lookup([request], MODEL)[request.subject].text == '{"ok": true}'


def test_the_last_of_several_verdicts_in_one_call_counts(ledger: GenerationLedger) -> None:
    request = a_request()
    key = generation_key(request, MODEL)
    ledger.record([(request, an_answer(request))])
    given = [
        RecordedVerdict(key, "rules-1", "rejected", "no_json"),
        RecordedVerdict(key, "rules-1", "valid"),
    ]
    ledger.record_verdicts(given)
    (entry,) = ledger.show(key)
    assert entry.verdicts == (given[1],)


def test_verdicts_on_unknown_answers_are_left_out(ledger: GenerationLedger) -> None:
    ledger.record(pairs(1))
    known, unknown = (generation_key(a_request(number), MODEL) for number in (1, 2))
    verdicts = [RecordedVerdict(key, "rules-1", "valid") for key in (unknown, known)]
    assert ledger.record_verdicts(verdicts) == 1


def test_many_verdicts(ledger: GenerationLedger) -> None:
    answers = pairs(*range(1_100))
    ledger.record(answers)
    verdicts = [RecordedVerdict(generation_key(r, MODEL), "rules-1", "valid") for r, _ in answers]
    assert ledger.record_verdicts(verdicts) == 1_100
    assert ledger.stats().verdicts == {("rules-1", "valid", None): 1_100}


def test_grants_only_ever_rise(ledger: GenerationLedger) -> None:
    ledger.grant_attempts("extraction", ["a", "b"], 3)
    ledger.grant_attempts("extraction", ["b", "c", "c"], 5)
    ledger.grant_attempts("extraction", ["b"], 4)
    assert ledger.granted_attempts("extraction", ["a", "b", "c", "d"]) == {"a": 3, "b": 5, "c": 5}
    assert ledger.granted_attempts("summary", ["a"]) == {}


def test_attempts_made_are_counted_with_the_failed_ones(ledger: GenerationLedger) -> None:
    for attempt in (1, 2):
        request = a_request(1, attempt=attempt)
        ledger.record([(request, an_answer(request))])
    other = a_request(2)
    ledger.record([(other, an_answer(other, model="other"))])
    subjects = [a_request(number).subject for number in (1, 2, 3)]
    assert ledger.attempts_made("extraction", subjects) == {subjects[0]: 2, subjects[1]: 1}
    assert ledger.attempts_made("extraction", subjects, MODEL) == {subjects[0]: 2}
