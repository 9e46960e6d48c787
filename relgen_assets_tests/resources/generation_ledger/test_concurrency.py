"""Two runs write to the same key at the same moment: an answer always beats a failure."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Connection

from relgen_assets_tests.resources.generation_ledger.conftest import Place
from relgen_assets_tests.resources.generation_ledger.samples import (
    MODEL,
    a_failure,
    a_request,
    an_answer,
)
from resources.generation import Failure
from resources.generation_ledger import store
from resources.generation_ledger.ledger import GenerationLedger

WAITED_SECONDS = 0.5
"""Long enough, in seconds, for a second run to reach the lock of the first."""

REQUEST = a_request()


def record_answer(ledger: GenerationLedger) -> None:
    ledger.record([(REQUEST, an_answer(REQUEST))])


def record_failure(ledger: GenerationLedger) -> None:
    ledger.record_failure(REQUEST, a_failure(REQUEST), MODEL)


@pytest.mark.parametrize("failed_before", [False, True])
@pytest.mark.parametrize("first", ["completed", "failed"])
def test_an_answer_counts_whichever_run_comes_first(
    place: Place, first: str, failed_before: bool
) -> None:
    """The transaction of one run is open, its row written, when the other run writes its own."""
    one, two = place.open(), place.open()
    if failed_before:
        record_failure(one)
    row = {
        "completed": store.answer_row(REQUEST, an_answer(REQUEST)),
        "failed": store.failure_row(REQUEST, a_failure(REQUEST), MODEL),
    }[first]
    second = threading.Thread(
        target=record_answer if first == "failed" else record_failure, args=(two,)
    )

    def work(connection: Connection) -> None:
        store.record_rows(connection, [row], None)
        second.start()
        second.join(WAITED_SECONDS)

    one.database.write(work)
    second.join(60)
    assert not second.is_alive()
    assert REQUEST.subject in place.open().lookup([REQUEST], MODEL)
    (counting,) = place.open().entries()
    assert counting.outcome == an_answer(REQUEST, from_ledger=True)


@pytest.mark.parametrize("failed", [False, True])
def test_a_repeated_transaction_changes_nothing(place: Place, failed: bool) -> None:
    """A connection that is lost while it commits leaves open whether it did."""
    answer = store.answer_row(REQUEST, an_answer(REQUEST))
    failure = store.failure_row(REQUEST, a_failure(REQUEST), MODEL)
    ledger = place.open()
    for _ in range(2):
        ledger.database.write(lambda c: store.record_rows(c, [failure if failed else answer], None))
    (entry,) = ledger.entries()
    assert isinstance(entry.outcome, Failure) == failed


def test_runs_that_answer_and_fail_at_once_keep_every_answer(place: Place) -> None:
    requests = [a_request(number) for number in range(40)]
    together = threading.Barrier(4)

    def work(ledger: GenerationLedger, answers: bool) -> None:
        for request in requests:
            together.wait(60)
            if answers:
                ledger.record([(request, an_answer(request))])
            else:
                ledger.record_failure(request, a_failure(request), MODEL)

    ledgers = [place.open() for _ in range(4)]
    for ledger in ledgers:
        _ = ledger.engine
    threads = [
        threading.Thread(target=work, args=(ledger, number == 0))
        for number, ledger in enumerate(ledgers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(place.open().lookup(requests, MODEL)) == len(requests)
