"""Server-sent events, as the specification cuts them and as servers send them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.llama_server_pool.servers.event_lines import LINE_BYTES
from resources.llama_server_pool.servers.events import DONE, Event, Events
from resources.llama_server_pool.servers.faults import EndpointFault


def read(*pieces: bytes) -> list[Event]:
    events = Events()
    return [event for piece in pieces for event in events.feed(piece)] + events.end()


def values(*pieces: bytes) -> list[Any]:
    return [event.value for event in read(*pieces)]


STREAMS = [
    pytest.param(b'data: {"a":1}\n\ndata: {"a":2}\n\n', id="LF"),
    pytest.param(b'data: {"a":1}\r\n\r\ndata: {"a":2}\r\n\r\n', id="CRLF"),
    pytest.param(b'data: {"a":1}\r\rdata: {"a":2}\r\r', id="CR"),
    pytest.param(b'data:{"a":1}\n\ndata:{"a":2}\n\n', id="no space"),
    pytest.param(b'data: {"a":1}\ndata: {"a":2}\n', id="no empty line"),
    pytest.param(b'data: {"a":\ndata: 1}\n\ndata: {"a":2}', id="several lines, no end"),
    pytest.param(b': ping\n\ndata: {"a":1}\n:\n\nid: 7\ndata: {"a":2}\n\n', id="comments and ids"),
    pytest.param(
        b'event: message\nid: 1\nretry: 5\ndata: {"a":1}\n\nevent: chunk\ndata: {"a":2}\n\n',
        id="types",
    ),
    pytest.param(b'\xef\xbb\xbfdata: {"a":1}\n\ndata: {"a":2}\n\n', id="byte order mark"),
]


@pytest.mark.parametrize("stream", STREAMS)
def test_every_way_to_write_two_events_is_understood(stream: bytes) -> None:
    assert values(stream) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("stream", STREAMS)
def test_it_makes_no_difference_where_the_network_cuts(stream: bytes) -> None:
    assert values(*(stream[at : at + 1] for at in range(len(stream)))) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    "odd", ["\u2028", "\u2029", "\u0085", "\u000b", "\u000c", "\u001c", "\u001e"]
)
def test_only_cr_and_lf_end_a_line(odd: str) -> None:
    raw = json.dumps({"a": f"x{odd}y"}, ensure_ascii=False)
    if odd < " ":
        raw = json.dumps({"a": f"x{odd}y"})  # JSON escapes control characters
    assert values(f"data: {raw}\n\n".encode()) == [{"a": f"x{odd}y"}]


@given(st.lists(st.text(max_size=20), max_size=5), st.data())
def test_any_text_arrives_whole_however_it_is_cut(texts: list[str], data: st.DataObject) -> None:
    events = [{"a": text.encode("utf-8", "replace").decode()} for text in texts]
    ends = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    stream = "".join(
        f"data: {json.dumps(event, ensure_ascii=False)}{ends}{ends}" for event in events
    ).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert values(*pieces) == events


def test_the_end_of_a_stream_is_no_json() -> None:
    assert read(b"data: [DONE]\n\n") == [Event(DONE, None, is_error=False)]


@pytest.mark.parametrize(
    "stream",
    [b'event: error\ndata: {"message":"no"}\n\n', b"event: error\ndata: no\n\n", b"error: no\n\n"],
)
def test_an_error_event_is_one_whatever_it_holds(stream: bytes) -> None:
    assert [event.is_error for event in read(stream)] == [True]


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(b'data: {"choices":[{"del\n\n', id="cut JSON"),
        pytest.param(b'data: {"a":NaN}\n\n', id="NaN"),
        pytest.param(b'data: {"a":' + b"[" * 1000 + b"}\n\n", id="deep"),
        pytest.param(b"data: " + b"x" * (LINE_BYTES + 1), id="long line"),
        pytest.param((b"data: " + b"x" * 1000 + b"\n") * 2000, id="long event"),
    ],
)
def test_an_event_that_cannot_be_read_is_a_fault(stream: bytes) -> None:
    with pytest.raises(EndpointFault):
        read(stream)


def test_what_belongs_to_no_event_is_remembered() -> None:
    events = Events()
    events.feed(b"all is well\n")
    assert events.foreign == "all is well"
