"""Judgements in full: found by what they are about, and gone when nothing needs them."""

from __future__ import annotations

import pytest

from relgen_assets_tests.resources.generation_ledger.samples import a_request, pairs
from resources.generation_ledger.judgements import KeptJudgement
from resources.generation_ledger.ledger import GenerationLedger

SUBJECT = a_request(1).subject


@pytest.fixture
def filled(ledger: GenerationLedger) -> GenerationLedger:
    """A ledger with an answer about `SUBJECT`, judged by two versions of the rules."""
    ledger.record(pairs(1))
    for rules in ("rules-1", "rules-2"):
        judged = [KeptJudgement("one", SUBJECT, {"by": rules, "odd": "\0 \ud800"})]
        ledger.keep_judgements(rules, judged)
    return ledger


def test_judgements_are_found_by_validator_and_subject(filled: GenerationLedger) -> None:
    found = filled.judgements("rules-1", [SUBJECT, "another"])
    assert found == {"one": {"by": "rules-1", "odd": "\0 \ud800"}}
    assert filled.judgements("rules-1", ["another"]) == {}
    assert filled.judgements("rules-3", [SUBJECT]) == {}


def test_the_first_judgement_of_a_digest_stays(filled: GenerationLedger) -> None:
    filled.keep_judgements(
        "rules-1", [KeptJudgement("one", SUBJECT, "later"), KeptJudgement("two", SUBJECT, None)]
    )
    found = filled.judgements("rules-1", [SUBJECT])
    assert (found["one"]["by"], found["two"]) == ("rules-1", None)


def test_pruning_removes_those_of_other_rules_and_of_unknown_subjects(
    filled: GenerationLedger,
) -> None:
    filled.keep_judgements("rules-2", [KeptJudgement("lost", "never asked about", {})])
    filled.prune(validator="rules-2", dry_run=True)
    assert filled.judgements("rules-1", [SUBJECT])
    filled.prune(validator="rules-2")
    assert filled.judgements("rules-1", [SUBJECT]) == {}
    assert list(filled.judgements("rules-2", [SUBJECT, "never asked about"])) == ["one"]
