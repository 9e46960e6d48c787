"""When a request is hedged, and what happens to the other attempt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relgen_assets_tests.resources.llama_server_pool.scheduling.situations import (
    FAST,
    SLOW,
    placed,
    requests,
    usage,
)
from resources.llama_server_pool.scheduling.hedging import LEAST_SPARES
from resources.llama_server_pool.scheduling.scheduler import Scheduler
from resources.llama_server_pool.scheduling.values import (
    Assignment,
    EndpointProfile,
    PolicyOptions,
    QueuedRequest,
)


def test_no_second_attempt_while_something_waits() -> None:
    scheduler = Scheduler([FAST, SLOW])
    scheduler.submit(requests(30), 0.0)
    orders = scheduler.assign(0.0)

    for step in range(1, 20):
        fast = next(order.attempt for order in orders if order.endpoint == "fast")
        scheduler.complete(fast, usage(), 10.0 * step)
        orders = scheduler.assign(10.0 * step)
        assert scheduler.waiting > 0
        assert not any(order.hedge for order in orders)


def start_on_slow_only(longest: int = 500) -> tuple[Scheduler, Assignment]:
    scheduler = Scheduler([FAST, SLOW])
    scheduler.set_slots("fast", 0, 0.0)
    scheduler.submit([QueuedRequest("request", 100, longest, 200.0)], 0.0)
    (first,) = scheduler.assign(0.0)
    scheduler.set_slots("fast", 1, 5.0)
    return scheduler, first


def test_an_idle_fast_slot_runs_the_last_request_again_and_the_loser_is_cancelled() -> None:
    scheduler, first = start_on_slow_only()

    (second,) = scheduler.assign(5.0)
    assert (second.endpoint, second.request_id, second.hedge) == ("fast", first.request_id, True)
    assert scheduler.assign(6.0) == []

    assert scheduler.complete(second.attempt, usage(), 15.0) == [first.attempt]
    assert scheduler.outstanding == 0


def test_a_cancelled_attempt_keeps_its_slot_until_it_is_gone() -> None:
    scheduler, first = start_on_slow_only()
    (second,) = scheduler.assign(5.0)
    scheduler.complete(second.attempt, usage(), 15.0)
    scheduler.submit([QueuedRequest(f"more-{i}", 100, 500, 200.0) for i in range(50)], 15.0)

    assert placed(scheduler.assign(15.0)).keys() == {"fast"}
    scheduler.release(first.attempt, 15.1)
    assert placed(scheduler.assign(15.1)).keys() == {"slow"}


def test_an_answer_that_comes_after_the_cancellation_is_ignored() -> None:
    scheduler, first = start_on_slow_only()
    (second,) = scheduler.assign(5.0)
    scheduler.complete(second.attempt, usage(), 15.0)
    scheduler.submit([QueuedRequest(first.request_id, 100, 500)], 15.0)

    assert scheduler.complete(first.attempt, usage(), 15.05) == []
    assert scheduler.outstanding == 1


def test_when_the_first_attempt_fails_the_second_goes_on_and_nothing_is_queued() -> None:
    scheduler, first = start_on_slow_only()
    (second,) = scheduler.assign(5.0)

    scheduler.fail(first.attempt, 6.0)

    assert scheduler.waiting == 0
    assert scheduler.complete(second.attempt, usage(), 15.0) == []


def test_an_attempt_that_is_nearly_done_is_not_hedged() -> None:
    scheduler, first = start_on_slow_only(longest=200)
    scheduler.progress(first.attempt, 0, 1.0)
    scheduler.progress(first.attempt, 195, 98.0)

    assert scheduler.assign(98.0) == []


def test_equal_servers_do_not_hedge_each_other() -> None:
    fleet = [EndpointProfile(name, 1, 4096, 1000.0, 20.0) for name in ("a", "b")]
    scheduler = Scheduler(fleet)
    scheduler.submit(requests(1), 0.0)

    assert len(scheduler.assign(0.0)) == 1
    assert scheduler.assign(1.0) == []


def test_a_server_that_falls_silent_is_overtaken() -> None:
    fleet = [EndpointProfile(name, 1, 4096, 1000.0, 20.0) for name in ("a", "b")]
    scheduler = Scheduler(fleet)
    scheduler.submit(requests(1), 0.0)
    (first,) = scheduler.assign(0.0)
    for second in range(1, 6):
        scheduler.progress(first.attempt, 20 * second, float(second))

    assert scheduler.assign(6.0) == []
    orders = scheduler.assign(40.0)
    assert [(order.request_id, order.hedge) for order in orders] == [(first.request_id, True)]


def test_hedging_can_be_switched_off() -> None:
    scheduler = Scheduler([FAST, SLOW], PolicyOptions(hedging=False))
    scheduler.set_slots("fast", 0, 0.0)
    scheduler.submit(requests(1), 0.0)
    scheduler.assign(0.0)
    scheduler.set_slots("fast", 1, 5.0)

    assert scheduler.assign(5.0) == []


@pytest.mark.parametrize(("quicker", "hedged"), [(1.0, True), (10_000.0, False)])
def test_a_second_attempt_that_could_save_only_a_moment_is_not_started(
    quicker: float, hedged: bool
) -> None:
    fast, slow = (
        replace(one, prefill_rate=1000 * quicker, decode_rate=rate * quicker)
        for one, rate in ((FAST, 20.0), (SLOW, 2.0))
    )
    scheduler = Scheduler([fast, slow])
    scheduler.set_slots("fast", 0, 0.0)
    scheduler.submit([QueuedRequest("request", 100, 500, 200.0)], 0.0)
    scheduler.assign(0.0)
    scheduler.set_slots("fast", 1, 0.001)
    assert [order.hedge for order in scheduler.assign(0.001)] == [True] * hedged


@pytest.mark.parametrize(("waiting", "begins_with"), [(2, "straggler"), (100, "short-0")])
def test_a_request_that_would_outlast_all_that_waits_is_run_again_first(
    waiting: int, begins_with: str
) -> None:
    scheduler = Scheduler([SLOW, FAST, EndpointProfile("fast-2", 1, 4096, 1000.0, 20.0)])
    for name in ("fast", "fast-2"):
        scheduler.set_slots(name, 0, 0.0)
    scheduler.submit([QueuedRequest("straggler", 100, 500, 480.0)], 0.0)
    scheduler.assign(0.0)
    scheduler.submit([QueuedRequest(f"short-{n}", 100, 500, 20.0) for n in range(waiting)], 1.0)
    for name in ("fast", "fast-2"):
        scheduler.set_slots(name, 1, 1.0)

    orders = scheduler.assign(1.0)

    assert orders[0].request_id == begins_with
    assert [order.hedge for order in orders] == [begins_with == "straggler", False]


def equal_fleet(
    count: int, *, known: bool = True, running: int = 1
) -> tuple[Scheduler, list[Assignment]]:
    """Return a scheduler whose first servers run a request each and whose others are idle."""
    rates = (1000.0, 20.0) if known else (None, None)
    scheduler = Scheduler([EndpointProfile(f"s{n}", 1, 4096, *rates) for n in range(count)])
    scheduler.submit(requests(running), 0.0)
    return scheduler, scheduler.assign(0.0)


def speak(scheduler: Scheduler, orders: list[Assignment], seconds: int) -> None:
    for second in range(1, seconds + 1):
        for order in orders:
            scheduler.progress(order.attempt, 20 * second, float(second))


@pytest.mark.parametrize(("lag", "hedged"), [(0.0, True), (5.0, False), (15.0, False)])
def test_silence_proves_nothing_to_a_client_that_hears_late(lag: float, hedged: bool) -> None:
    scheduler, orders = equal_fleet(2)
    speak(scheduler, orders, 5)
    scheduler.hear_late(lag)

    assert [order.hedge for order in scheduler.assign(18.0)] == [True] * hedged


@pytest.mark.parametrize(("lag", "hedged"), [(0.0, True), (5.0, False)])
def test_a_first_token_that_may_only_be_unheard_is_not_late(lag: float, hedged: bool) -> None:
    scheduler, _ = equal_fleet(2)
    scheduler.hear_late(lag)

    assert [order.hedge for order in scheduler.assign(4.0)] == [True] * hedged


def test_a_hedge_has_to_win_by_more_than_the_delay() -> None:
    for lag, hedged in ((0.0, True), (80.0, True), (100.0, False)):
        scheduler, _ = start_on_slow_only()
        scheduler.hear_late(lag)

        assert [order.hedge for order in scheduler.assign(5.0)] == [True] * hedged


def test_a_server_that_never_worked_is_not_called_slow_or_fast() -> None:
    scheduler, _ = equal_fleet(2, known=False)
    scheduler.observe("s0", usage(200, 1.0))
    assert scheduler.assign(1.0) == []

    scheduler, (first,) = equal_fleet(2, known=False)
    idle = next(name for name in ("s0", "s1") if name != first.endpoint)
    scheduler.observe(idle, usage(200, 1.0))
    assert scheduler.assign(1.0) == []
    scheduler.observe(first.endpoint, usage(200, 100.0))
    assert [order.endpoint for order in scheduler.assign(1.0)] == [idle]


def test_few_equal_servers_are_doubted_at_once_and_a_right_doubt_is_free() -> None:
    scheduler, orders = equal_fleet(40, running=20)
    speak(scheduler, orders, 5)

    spares = scheduler.assign(60.0)
    assert len(spares) == LEAST_SPARES
    assert scheduler.assign(61.0) == []

    scheduler.complete(spares[0].attempt, usage(), 62.0)
    assert [order.hedge for order in scheduler.assign(62.0)] == [True]
    loser = next(one for one in orders if one.request_id == spares[1].request_id)
    scheduler.complete(loser.attempt, usage(), 63.0)
    assert scheduler.assign(63.0) == []


def test_servers_that_are_clearly_slower_are_all_overtaken() -> None:
    slow = [replace(SLOW, name=f"slow-{n}") for n in range(20)]
    fast = [replace(FAST, name=f"fast-{n}") for n in range(20)]
    scheduler = Scheduler([*slow, *fast])
    for one in fast:
        scheduler.set_slots(one.name, 0, 0.0)
    scheduler.submit(requests(20), 0.0)
    scheduler.assign(0.0)
    for one in fast:
        scheduler.set_slots(one.name, 1, 5.0)

    assert len(scheduler.assign(5.0)) == 20
