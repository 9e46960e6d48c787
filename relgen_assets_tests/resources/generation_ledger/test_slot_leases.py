"""Several runs share the slots of an endpoint: fairly, never too many, and none lost for long."""

from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relgen_assets_tests.resources.generation_ledger.conftest import Place
from resources.generation_ledger.slot_leases import Demand, SlotLeases, fair_shares

URL = "http://10.0.0.5:8080"
HOUR = 3600.0


def books(place: Place, count: int, seconds: float = 30.0) -> list[SlotLeases]:
    database = place.open().database
    return [SlotLeases(database, seconds, HOUR) for _ in range(count)]


def ask(book: SlotLeases, slots: int, wants: int, in_use: int = 0) -> int:
    return book.negotiate({URL: Demand(slots, wants, in_use)})[URL]


@given(
    slots=st.integers(0, 20),
    wants=st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 20)),
    turn=st.integers(0, 1000),
)
def test_shares_fill_the_slots_and_differ_by_one_at_most(
    slots: int, wants: dict[str, int], turn: int
) -> None:
    shares = fair_shares(slots, wants, turn)
    assert sum(shares.values()) == min(slots, sum(wants.values()))
    assert all(shares[holder] <= wants[holder] for holder in wants)
    unsatisfied = [shares[holder] for holder in wants if shares[holder] < wants[holder]]
    if unsatisfied:
        assert max(shares.values()) <= min(unsatisfied) + 1


def test_runs_take_turns_on_a_slot_that_cannot_be_divided() -> None:
    winners = {
        next(
            holder
            for holder, share in fair_shares(1, {"a": 1, "b": 1, "c": 1}, turn).items()
            if share
        )
        for turn in range(3)
    }
    assert winners == {"a", "b", "c"}


def test_a_run_that_is_alone_gets_every_slot(place: Place) -> None:
    (book,) = books(place, 1)
    assert ask(book, slots=4, wants=9) == 4
    assert ask(book, slots=4, wants=2) == 2


def test_two_runs_end_up_with_half_each_and_never_with_more_than_all(place: Place) -> None:
    first, second = books(place, 2)
    assert ask(first, 4, 4) == 4
    assert ask(second, 4, 4) == 0, "the first may have four requests running"
    assert ask(first, 4, 4, in_use=4) == 2, "it may start no more than two from now on"
    assert ask(second, 4, 4) == 0, "but four may still be running"
    assert ask(first, 4, 4, in_use=2) == 2
    assert ask(second, 4, 4) == 2


def test_what_the_other_does_not_want_is_taken(place: Place) -> None:
    first, second = books(place, 2)
    ask(first, 4, 1)
    assert ask(second, 4, 4) == 3


def test_a_run_that_ends_releases_everything(place: Place) -> None:
    first, second = books(place, 2)
    ask(first, 4, 4)
    first.release()
    assert ask(second, 4, 4) == 4


def test_a_run_that_died_blocks_nothing_for_longer_than_its_lease(place: Place) -> None:
    dead, alive = books(place, 2, seconds=0.3)
    assert ask(dead, 2, 2) == 2
    assert ask(alive, 2, 2) == 0
    time.sleep(0.5)
    assert ask(alive, 2, 2) == 2


def test_endpoints_are_independent(place: Place) -> None:
    (book,) = books(place, 1)
    granted = book.negotiate({URL: Demand(2, 2, 0), "http://other:1": Demand(1, 1, 0)})
    assert granted == {URL: 2, "http://other:1": 1}


@pytest.mark.timeout(60)
def test_many_runs_at_once_never_hold_more_than_there_is(place: Place) -> None:
    slots, held, lock, worst = 3, [0] * 4, threading.Lock(), [0]

    def work(number: int, book: SlotLeases) -> None:
        in_use = 0
        for _ in range(15):
            granted = ask(book, slots, slots, in_use)
            with lock:
                held[number] = granted
                worst[0] = max(worst[0], sum(held))
            with lock:
                held[number] = in_use = min(granted, 1)

    threads = [
        threading.Thread(target=work, args=(number, book))
        for number, book in enumerate(books(place, 4))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert worst[0] <= slots


@pytest.mark.timeout(60)
def test_two_runs_may_start_together_on_a_new_database(place: Place) -> None:
    granted: list[int] = []
    threads = [
        threading.Thread(target=lambda: granted.append(ask(books(place, 1)[0], 4, 2)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted == [2, 2]
