"""What must go to another server waits for one that is coming into service, but not for ever."""

from __future__ import annotations

import pytest

from relgen_assets_tests.resources.llama_server_pool.scheduling.situations import placed
from resources.llama_server_pool.scheduling.scheduler import Scheduler
from resources.llama_server_pool.scheduling.values import EndpointProfile, QueuedRequest

HERE = EndpointProfile("here", 1, 4096, 1000.0, 20.0)
ASKED_AGAIN = QueuedRequest("again", 100, 500, avoid=frozenset({"here"}))


def beside(context: int | None = None) -> Scheduler:
    """Return a fleet of one server in service and a newcomer without slots, expected until 10."""
    scheduler = Scheduler([HERE, EndpointProfile("newcomer", 0, context)])
    scheduler.expect("newcomer", 10.0)
    return scheduler


def test_a_retry_waits_for_a_newcomer_and_runs_there() -> None:
    scheduler = beside()
    scheduler.submit([ASKED_AGAIN], 0.0)
    assert scheduler.assign(9.9) == []

    scheduler.set_slots("newcomer", 1, 9.9)

    assert placed(scheduler.assign(9.9)) == {"newcomer": ["again"]}


def test_a_retry_goes_back_when_the_newcomer_is_late() -> None:
    scheduler = beside()
    scheduler.submit([ASKED_AGAIN], 0.0)

    assert placed(scheduler.assign(10.0)) == {"here": ["again"]}


def test_a_retry_goes_back_when_the_newcomer_is_no_longer_expected() -> None:
    scheduler = beside()
    scheduler.submit([ASKED_AGAIN], 0.0)
    scheduler.expect("newcomer", float("-inf"))

    assert placed(scheduler.assign(1.0)) == {"here": ["again"]}


def test_nobody_waits_for_a_newcomer_that_is_too_small() -> None:
    scheduler = beside(context=300)
    scheduler.submit([ASKED_AGAIN], 0.0)

    assert placed(scheduler.assign(1.0)) == {"here": ["again"]}


def test_other_requests_do_not_wait() -> None:
    scheduler = beside()
    scheduler.submit([ASKED_AGAIN, QueuedRequest("new", 100, 500)], 0.0)

    assert placed(scheduler.assign(1.0)) == {"here": ["new"]}


@pytest.mark.parametrize(("now", "waits"), [(9.9, True), (10.0, False)])
def test_waiting_for_a_newcomer_is_no_standstill_and_is_looked_at_again(
    now: float, waits: bool
) -> None:
    scheduler = beside()
    scheduler.submit([ASKED_AGAIN], 0.0)

    assert scheduler.could_start(now) is not waits
    assert (scheduler.next_decision(now) is not None) is waits
