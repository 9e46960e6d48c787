"""The order in which waiting requests are offered to endpoints."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from resources.llama_server_pool.scheduling.request_queue import RequestQueue


def none_barred(avoid: frozenset[str], level: int) -> bool:
    return False


def take(
    queue: RequestQueue, endpoint: str, *warm: str, longest: bool = True, level: int = 0
) -> str | None:
    request_id = queue.peek(endpoint, level, warm, longest, none_barred)
    if request_id is not None:
        queue.remove(request_id, endpoint)
    return request_id


def filled(*requests: tuple[str, float, str]) -> RequestQueue:
    queue = RequestQueue(1)
    for request_id, size, affinity in requests:
        queue.add(request_id, size, affinity, 0)
    return queue


def test_longest_or_shortest_first() -> None:
    queue = filled(("a", 1.0, ""), ("b", 3.0, ""), ("c", 2.0, ""))

    assert take(queue, "fast") == "b"
    assert take(queue, "slow", longest=False) == "a"
    assert take(queue, "fast") == "c"
    assert take(queue, "fast") is None


def test_equal_requests_go_in_order_of_arrival() -> None:
    queue = filled(*((name, 1.0, "") for name in "abc"))

    assert [take(queue, "fast") for _ in range(3)] == ["a", "b", "c"]


def test_an_endpoint_stays_with_the_article_in_its_cache() -> None:
    queue = filled(("x1", 1.0, "x"), ("x2", 1.0, "x"), ("y1", 9.0, "y"))
    assert take(queue, "one") == "y1"
    assert take(queue, "one") == "x1"

    queue.add("z1", 50.0, "z", 0)

    assert take(queue, "one", "x") == "x2"
    assert take(queue, "one", "x") == "z1"


def test_another_endpoint_opens_another_article() -> None:
    queue = filled(("x1", 5.0, "x"), ("x2", 5.0, "x"), ("y1", 1.0, "y"))

    assert take(queue, "one") == "x1"
    assert take(queue, "two") == "y1"


def test_when_every_article_has_an_owner_the_largest_rest_is_shared() -> None:
    queue = filled(*((f"x{i}", 1.0, "x") for i in range(4)), ("y1", 1.0, "y"), ("y2", 1.0, "y"))
    assert take(queue, "one") == "x0"
    assert take(queue, "two") == "y1"

    assert take(queue, "three") == "x1"


def test_the_articles_of_an_endpoint_that_left_are_free_again() -> None:
    queue = filled(("x1", 1.0, "x"), ("x2", 1.0, "x"), ("y1", 1.5, "y"), ("y2", 1.5, "y"))
    take(queue, "one")
    queue.disown("one")

    assert take(queue, "two") == "x1"
    assert take(queue, "two", "x") == "x2"


def test_what_came_back_is_offered_first_to_others() -> None:
    queue = filled(("a", 1.0, ""))
    queue.put_back("b", 1.0, frozenset({"one"}), 0)

    assert queue.peek("one", 0, (), True, lambda avoid, _: "one" in avoid) == "a"
    assert queue.peek("two", 0, (), True, lambda avoid, _: "two" in avoid) == "b"


def test_a_request_given_up_is_not_offered_even_under_an_id_that_is_used_again() -> None:
    queue = filled(("a", 1.0, "x"), ("b", 2.0, "x"), ("c", 3.0, "x"))
    queue.remove("b")
    queue.add("b", 5.0, "", 0)

    assert [take(queue, "one", "x") for _ in range(4)] == ["b", "c", "a", None]


@given(
    st.lists(
        st.tuples(st.floats(0, 9), st.sampled_from(["", "x", "y", "z"]), st.integers(0, 1)),
        max_size=30,
    )
)
def test_everything_is_offered_exactly_once(requests: list[tuple[float, str, int]]) -> None:
    queue = RequestQueue(2)
    for number, (size, affinity, level) in enumerate(requests):
        queue.add(f"j{number}", size, affinity, level)
    taken: list[str] = []
    turn = 0
    while len(queue):
        turn += 1
        endpoint = f"e{turn % 3}"
        request_id = take(queue, endpoint, "x", "y", longest=turn % 2 == 0, level=turn % 2)
        if request_id is not None:
            taken.append(request_id)
            assert requests[int(request_id[1:])][2] == turn % 2

    assert sorted(taken) == sorted(f"j{number}" for number in range(len(requests)))
