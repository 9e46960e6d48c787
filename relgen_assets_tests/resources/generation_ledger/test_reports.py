"""Looking into the ledger, and reclaiming space."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from relgen_assets_tests.resources.generation_ledger.conftest import Place
from relgen_assets_tests.resources.generation_ledger.samples import (
    MODEL,
    a_failure,
    a_request,
    an_answer,
    pairs,
)
from resources.errors import LedgerError
from resources.generation_ledger.keys import generation_key
from resources.generation_ledger.ledger import GenerationLedger
from resources.generation_ledger.pruning import Pruned
from resources.generation_ledger.stats import GroupStats
from resources.generation_ledger.upgrade import VERSIONS
from resources.generation_ledger.verdicts_and_grants import RecordedVerdict


def fill(ledger: GenerationLedger) -> None:
    """Three answers, one of another model; one failure; one failure that was superseded."""
    ledger.record(pairs(1, 2))
    other = a_request(3, task="summary")
    ledger.record([(other, an_answer(other, model="other"))])
    failed, superseded = a_request(4), a_request(5)
    ledger.record_failure(failed, a_failure(failed), MODEL)
    ledger.record_failure(superseded, a_failure(superseded), MODEL)
    ledger.record(pairs(5))
    key = generation_key(a_request(1), MODEL)
    ledger.record_verdicts([RecordedVerdict(key, "rules-1", "rejected", "no_json")])


def test_stats_of_an_empty_ledger(ledger: GenerationLedger) -> None:
    stats = ledger.stats()
    assert stats.groups == ()
    assert stats.verdicts == {}
    assert (stats.first, stats.last) == (None, None)
    assert stats.version == VERSIONS[-1]


def test_stats_sum_by_task_model_and_standing(ledger: GenerationLedger) -> None:
    fill(ledger)
    stats = ledger.stats()
    assert stats.groups == (
        GroupStats("extraction", MODEL, "completed", 3, 2733, 231, 6.75),
        GroupStats("extraction", MODEL, "failed", 1, 0, 0, 0.0),
        GroupStats("extraction", MODEL, "superseded", 1, 0, 0, 0.0),
        GroupStats("summary", "other", "completed", 1, 911, 77, 2.25),
    )
    assert stats.verdicts == {("rules-1", "rejected", "no_json"): 1}
    assert stats.first is not None
    assert stats.last is not None
    assert stats.first < stats.last
    assert stats.size_bytes > 0


def test_entries_can_be_picked(ledger: GenerationLedger) -> None:
    fill(ledger)
    assert [entry.subject[-6] for entry in ledger.entries()] == ["1", "2", "3", "4", "5"]
    assert len(list(ledger.entries(superseded=True))) == 6
    assert [entry.model for entry in ledger.entries(task="summary")] == ["other"]
    assert len(list(ledger.entries(model=MODEL, partition="papers-00000"))) == 4
    assert list(ledger.entries(subject="nobody")) == []


def test_entries_come_in_pages(ledger: GenerationLedger) -> None:
    ledger.record(pairs(*range(1_000)))
    assert len({entry.id for entry in ledger.entries()}) == 1_000


def test_an_unambiguous_prefix_of_a_key_is_enough(ledger: GenerationLedger) -> None:
    fill(ledger)
    key = generation_key(a_request(1), MODEL)
    (entry,) = ledger.show(key[:12])
    assert entry.key == key
    assert entry.verdicts == (RecordedVerdict(key, "rules-1", "rejected", "no_json"),)


@pytest.mark.parametrize(
    ("key", "fault"),
    [("abc", "is not a key"), ("what?", "is not a key"), ("0123456789", "no key begins with")],
)
def test_a_key_that_cannot_be_shown(ledger: GenerationLedger, key: str, fault: str) -> None:
    with pytest.raises(LedgerError, match=fault):
        ledger.show(key)


def test_an_ambiguous_key_is_refused(sqlite_place: Place) -> None:
    ledger = sqlite_place.open()
    keys: dict[str, int] = {}
    for number in range(2_000):
        prefix = generation_key(a_request(number), MODEL)[:4]
        if prefix in keys:
            ledger.record(pairs(keys[prefix], number))
            break
        keys[prefix] = number
    with pytest.raises(LedgerError, match=r"2 keys begin with .* Give more digits"):
        ledger.show(prefix)


def test_pruning_counts_first_and_keeps_what_counts(ledger: GenerationLedger) -> None:
    fill(ledger)
    expected = Pruned(superseded=1, failed=1, answers=0, verdicts=0)
    assert ledger.prune(dry_run=True) == expected
    assert len(list(ledger.entries(superseded=True))) == 6
    assert ledger.prune() == expected
    assert ledger.prune() == Pruned(0, 0, 0, 0)
    assert len(list(ledger.entries(superseded=True))) == 4
    requests = [a_request(number) for number in (1, 2, 5)]
    assert len(ledger.lookup(requests, MODEL)) == 3
    assert len(ledger.show(generation_key(requests[0], MODEL))[0].verdicts) == 1


def test_pruning_by_age(ledger: GenerationLedger) -> None:
    fill(ledger)
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    assert ledger.prune(before=hour_ago) == Pruned(0, 0, 0, 0)
    assert ledger.prune(before=datetime.now(UTC)) == Pruned(1, 1, 0, 0)


def test_pruning_removes_verdicts_of_validators_that_are_not_the_current_one(
    ledger: GenerationLedger,
) -> None:
    fill(ledger)
    keys = [generation_key(a_request(number), MODEL) for number in (1, 2)]
    ledger.record_verdicts([RecordedVerdict(key, "rules-2", "valid") for key in keys])
    expected = Pruned(superseded=1, failed=1, answers=0, verdicts=1)
    assert ledger.prune(validator="rules-2", dry_run=True) == expected
    assert ledger.stats().verdicts[("rules-1", "rejected", "no_json")] == 1
    assert ledger.prune(validator="rules-2") == expected
    assert ledger.stats().verdicts == {("rules-2", "valid", None): 2}
    assert len(ledger.lookup([a_request(number) for number in (1, 2, 5)], MODEL)) == 3


def test_pruning_verdicts_by_age(ledger: GenerationLedger) -> None:
    fill(ledger)
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    assert ledger.prune(before=hour_ago, validator="rules-2").verdicts == 0
    assert ledger.prune(before=datetime.now(UTC), validator="rules-2").verdicts == 1


def test_a_verdict_on_a_removed_answer_is_not_counted_separately(
    ledger: GenerationLedger,
) -> None:
    fill(ledger)
    assert ledger.prune(model=MODEL, validator="rules-2") == Pruned(1, 1, 3, 0)


def test_pruning_a_model_removes_its_verdicts(ledger: GenerationLedger) -> None:
    fill(ledger)
    assert ledger.prune(model=MODEL) == Pruned(superseded=1, failed=1, answers=3, verdicts=0)
    assert [entry.model for entry in ledger.entries(superseded=True)] == ["other"]
    assert ledger.stats().verdicts == {}


def test_pruning_reclaims_space(sqlite_place: Place) -> None:
    ledger = sqlite_place.open()
    text = "".join(str(number) for number in range(20_000))
    answers = [
        (request, an_answer(request, text + request.subject)) for request, _ in pairs(*range(20))
    ]
    ledger.record(answers)
    before = ledger.stats().size_bytes
    ledger.prune(model=MODEL)
    assert ledger.stats().size_bytes < before / 2


def test_pruning_leaves_the_file_to_a_run_that_has_it_open(sqlite_place: Place) -> None:
    """Rebuilding a large file would keep the run from recording for longer than it waits."""
    ledger, run = sqlite_place.open(), sqlite_place.open()
    text = "".join(str(number) for number in range(20_000))
    ledger.record([(request, an_answer(request, text)) for request, _ in pairs(*range(20))])
    run.record([(a_request(99), an_answer(a_request(99), model="other"))])
    before = ledger.stats().size_bytes
    assert ledger.prune(model=MODEL).answers == 20
    assert ledger.stats().size_bytes == before
    run.close()
    ledger.prune()
    assert ledger.stats().size_bytes < before / 2
    assert len(list(sqlite_place.open().entries())) == 1


def test_pruning_works_while_another_reads(sqlite_place: Place) -> None:
    ledger = sqlite_place.open(busy_seconds=0.1)
    fill(ledger)
    reader = sqlite_place.open().engine.connect()
    reader.exec_driver_sql("SELECT COUNT(*) FROM ledger_generations").scalar_one()
    assert ledger.prune() == Pruned(superseded=1, failed=1, answers=0, verdicts=0)
    reader.close()
    assert len(list(ledger.entries(superseded=True))) == 4
