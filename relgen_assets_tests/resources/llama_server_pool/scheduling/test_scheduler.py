"""What the policy decides in simple situations."""

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
from resources.llama_server_pool.scheduling.scheduler import Scheduler
from resources.llama_server_pool.scheduling.values import (
    EndpointProfile,
    QueuedRequest,
    Usage,
)


def test_every_slot_works_while_the_queue_is_long() -> None:
    fleet = [FAST, SLOW, EndpointProfile("double", 2, 4096, 1000.0, 20.0)]
    scheduler = Scheduler(fleet)
    scheduler.submit(requests(200), 0.0)

    places = placed(scheduler.assign(0.0))

    assert {name: len(mine) for name, mine in places.items()} == {"fast": 1, "slow": 1, "double": 2}
    assert scheduler.assign(0.0) == []


def test_a_slow_endpoint_sits_out_the_tail() -> None:
    scheduler = Scheduler([FAST, SLOW])
    scheduler.submit(requests(3), 0.0)

    # The fast one needs about 10 s for each, the slow one 100 s for a single request.
    assert placed(scheduler.assign(0.0)).keys() == {"fast"}


def test_a_slow_endpoint_takes_work_that_the_fast_one_would_finish_later() -> None:
    scheduler = Scheduler([FAST, SLOW])
    scheduler.submit(requests(30), 0.0)

    assert placed(scheduler.assign(0.0)).keys() == {"fast", "slow"}


def test_a_slow_endpoint_does_everything_when_it_is_alone() -> None:
    scheduler = Scheduler([FAST, SLOW])
    scheduler.set_slots("fast", 0, 0.0)
    scheduler.submit(requests(2), 0.0)

    assert placed(scheduler.assign(0.0)).keys() == {"slow"}


def test_the_expected_length_of_an_answer_is_learned() -> None:
    scheduler = Scheduler([FAST])
    scheduler.submit(requests(30), 0.0)
    assert scheduler.expected_answer("unknown") is None
    last = requests(30)[-1].id
    before = scheduler.expected_answer(last)
    assert before is not None
    for step in range(20):
        (order,) = scheduler.assign(float(step))
        scheduler.complete(order.attempt, replace(usage(), completion_tokens=20), step + 0.5)
    after = scheduler.expected_answer(last)
    assert after is not None
    assert after < before


def test_long_requests_go_to_fast_slots_and_short_ones_to_slow_slots() -> None:
    scheduler = Scheduler([FAST, SLOW])
    scheduler.submit([QueuedRequest(f"{n}", 100, 500, float(n)) for n in range(10, 500, 10)], 0.0)

    assert placed(scheduler.assign(0.0)) == {"fast": ["490"], "slow": ["10"]}


def test_an_article_stays_on_the_endpoint_that_began_it() -> None:
    fleet = [EndpointProfile(name, 1, 4096, 1000.0, 20.0) for name in ("a", "b")]
    scheduler = Scheduler(fleet)
    scheduler.submit([*requests(5, affinity="x"), *requests(5, affinity="y")], 0.0)
    owners: dict[str, set[str]] = {"x": set(), "y": set()}

    for step in range(5):
        for order in scheduler.assign(10.0 * step):
            owners[order.request_id[0]].add(order.endpoint)
            scheduler.complete(order.attempt, usage(cached=90), 10.0 * (step + 1))

    assert owners in ({"x": {"a"}, "y": {"b"}}, {"x": {"b"}, "y": {"a"}})


def test_at_the_end_single_requests_of_another_endpoints_article_are_taken() -> None:
    fleet = [EndpointProfile(name, 1, 4096, 1000.0, 20.0) for name in ("a", "b")]
    scheduler = Scheduler(fleet)
    scheduler.submit(requests(6, affinity="x"), 0.0)

    assert {order.endpoint for order in scheduler.assign(0.0)} == {"a", "b"}


def test_a_request_goes_only_where_it_fits_even_if_that_is_slow() -> None:
    wide = EndpointProfile("wide", 1, 16_384, 100.0, 2.0)
    scheduler = Scheduler([FAST, wide])
    assert scheduler.submit([QueuedRequest("long", 8_000, 500), *requests(3)], 0.0) == []

    assert "long" in placed(scheduler.assign(0.0))["wide"]


def test_a_request_that_fits_nowhere_is_returned_at_once() -> None:
    scheduler = Scheduler([FAST, SLOW])

    assert scheduler.submit([QueuedRequest("huge", 4_000, 500), *requests(1)], 0.0) == ["huge"]
    assert scheduler.outstanding == 1


def test_waiting_requests_that_no_longer_fit_are_returned() -> None:
    scheduler = Scheduler([FAST])
    scheduler.submit([QueuedRequest("a", 3_000, 500), QueuedRequest("b", 100, 500)], 0.0)

    assert scheduler.set_context("fast", 2_048, 0.0) == ["a"]
    assert placed(scheduler.assign(0.0)) == {"fast": ["b"]}


def test_a_request_that_comes_back_and_fits_nowhere_is_stranded() -> None:
    scheduler = Scheduler([FAST])
    scheduler.submit([QueuedRequest("a", 3_000, 500)], 0.0)
    (order,) = scheduler.assign(0.0)
    assert scheduler.set_context("fast", 2_048, 1.0) == []

    scheduler.fail(order.attempt, 1.0)

    assert scheduler.take_stranded() == ["a"]
    assert scheduler.take_stranded() == []
    assert scheduler.outstanding == 0


def test_a_failed_request_goes_to_another_endpoint_even_a_slower_one() -> None:
    scheduler = Scheduler([FAST, SLOW])
    scheduler.submit(requests(1), 0.0)
    (first,) = scheduler.assign(0.0)

    scheduler.fail(first.attempt, 1.0)

    (second,) = scheduler.assign(1.0)
    assert (second.endpoint, second.hedge) == ("slow", False)


def test_a_failed_request_returns_to_the_only_endpoint_there_is() -> None:
    scheduler = Scheduler([FAST, SLOW])
    scheduler.submit(requests(1), 0.0)
    (first,) = scheduler.assign(0.0)
    scheduler.fail(first.attempt, 1.0)
    scheduler.set_slots("slow", 0, 1.0)

    assert placed(scheduler.assign(1.0)) == {"fast": [first.request_id]}


def test_a_failed_request_that_is_given_up_is_gone() -> None:
    scheduler = Scheduler([FAST])
    scheduler.submit(requests(1), 0.0)
    (order,) = scheduler.assign(0.0)

    scheduler.fail(order.attempt, 1.0, requeue=False)

    assert scheduler.outstanding == 0


def test_a_slow_down_is_noticed_while_the_answer_is_still_coming() -> None:
    scheduler = Scheduler([FAST])
    scheduler.submit(requests(2), 0.0)
    (order,) = scheduler.assign(0.0)
    scheduler.progress(order.attempt, 0, 1.0)
    before = scheduler.expected_seconds("request-1", "fast")
    assert before is not None
    assert before == pytest.approx(100 / 1000 + 200 / 20, rel=0.2)

    for step in range(1, 5):
        scheduler.progress(order.attempt, 20 * step, 1.0 + 10.0 * step)

    after = scheduler.expected_seconds("request-1", "fast")
    assert after is not None
    assert after > 5 * before


def test_no_time_is_promised_for_an_unknown_server() -> None:
    scheduler = Scheduler([EndpointProfile("new", 1)])
    scheduler.submit(requests(2), 0.0)
    assert scheduler.expected_seconds("request-1", "new") is None

    (order,) = scheduler.assign(0.0)
    scheduler.complete(order.attempt, usage(200, 40.0), 41.0)

    assert scheduler.expected_seconds("request-1", "new") == pytest.approx(40, rel=0.3)


def test_it_asks_to_be_called_again_only_while_a_slot_idles_beside_running_work() -> None:
    scheduler = Scheduler([FAST, SLOW])
    assert scheduler.next_decision(0.0) is None
    scheduler.submit(requests(1), 0.0)
    scheduler.assign(0.0)

    due = scheduler.next_decision(0.0)

    assert due is not None
    assert due > 0.0


def test_the_same_id_twice_is_an_error() -> None:
    scheduler = Scheduler([FAST])
    scheduler.submit([QueuedRequest("a", 1, 1)], 0.0)

    with pytest.raises(ValueError, match="'a' is outstanding"):
        scheduler.submit([QueuedRequest("a", 1, 1)], 0.0)


def test_a_probe_teaches_the_speed_of_an_endpoint() -> None:
    scheduler = Scheduler([EndpointProfile("new", 1)])
    scheduler.submit(requests(2), 0.0)

    scheduler.observe("new", Usage(1_000, 0, 100, 2.0, 4.0))

    assert scheduler.expected_seconds("request-1", "new") == pytest.approx(
        100 / 500 + 200 / 25, rel=0.1
    )
