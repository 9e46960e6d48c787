"""The one way in for JSON: what fails is a fault of the server, and nothing else ever happens."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.llama_server_pool.servers.decoding import MOST_TOKENS, Fields, decode
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)

REFUSED = [
    pytest.param(b"[" * 100_000, "over_budget", id="100,000 lists"),
    pytest.param(b'{"a":' * 100_000, "over_budget", id="100,000 objects"),
    pytest.param(b"9" * 5000, "over_budget", id="5,000 digits"),
    pytest.param(b"0." + b"9" * 5000, "over_budget", id="5,000 digits behind the point"),
    pytest.param(b"NaN", "not_finite", id="NaN"),
    pytest.param(b'{"a":-Infinity}', "not_finite", id="Infinity"),
    pytest.param(b"1e999", "not_finite", id="1e999"),
    pytest.param(b'{"a":', "bad_body", id="cut"),
    pytest.param(b"", "bad_body", id="nothing"),
    pytest.param('{"a":1}'.encode("utf-16"), "bad_body", id="UTF-16"),
]


@pytest.mark.parametrize(("data", "kind"), REFUSED)
def test_what_no_server_should_send_is_its_fault(data: bytes, kind: str) -> None:
    with pytest.raises(EndpointFault) as caught:
        decode(data, "/props")
    assert (caught.value.kind, caught.value.disposition) == (kind, Disposition.server)
    assert caught.value.detail.startswith("/props: ")


@settings(max_examples=40)
@given(JSON)
def test_json_of_a_sane_size_is_read_as_it_is(value: Any) -> None:
    assert decode(json.dumps(value).encode(), "a page") == value


@given(
    st.binary() | st.text().map(str.encode) | st.text('[]{}",:0129.eE-+NaInfity').map(str.encode)
)
def test_any_bytes_are_a_value_or_a_fault(data: bytes) -> None:
    try:
        decode(data, "a page")
    except EndpointFault as fault:
        assert fault.disposition is Disposition.server


def test_brackets_inside_texts_nest_nothing() -> None:
    assert decode(json.dumps({"a": "[{" * 5000, "b": '\\"[' * 99}), "a page")["b"] == '\\"[' * 99


@pytest.mark.parametrize("text", ['{"' * 500_000, '"\\"' * 500_000, '["\\' * 500_000])
def test_deep_garbage_is_refused_in_linear_time(text: str) -> None:
    began = time.process_time()
    with pytest.raises(EndpointFault):
        decode(text, "a page")
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "value", ["300", 3.5, -1, True, [3], {}, MOST_TOKENS + 1, 10**30, float("nan"), float("inf")]
)
def test_a_count_is_a_whole_number_within_its_bounds(value: Any) -> None:
    with pytest.raises(EndpointFault, match="`prompt_tokens` of usage is"):
        Fields({"prompt_tokens": value}, "usage").count("prompt_tokens")


@pytest.mark.parametrize(("value", "count"), [(None, None), (0, 0), (7, 7), (7.0, 7)])
def test_a_good_count_is_read(value: Any, count: int | None) -> None:
    assert Fields({"n": value}, "usage").count("n") == count


@pytest.mark.parametrize("value", [7, [], {}, True, "x" * 5000])
def test_a_name_is_a_text_within_its_bounds(value: Any) -> None:
    with pytest.raises(EndpointFault):
        Fields({"model": value}, "a page").text("model")


@pytest.mark.parametrize("value", ["x", [1], 3, True])
def test_an_object_inside_is_an_object(value: Any) -> None:
    with pytest.raises(EndpointFault):
        Fields({"inner": value}, "a page").inside("inner")


@pytest.mark.parametrize("value", ["x", {}, [1], [None]])
def test_a_list_of_objects_holds_objects(value: Any) -> None:
    with pytest.raises(EndpointFault):
        Fields({"inner": value}, "a page").each("inner")
