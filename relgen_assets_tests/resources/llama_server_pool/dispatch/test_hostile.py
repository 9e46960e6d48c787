"""Whatever one server answers, the healthy one answers everything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relgen_assets_tests.fakes import faults
from relgen_assets_tests.fakes.connection import COMPLETIONS
from relgen_assets_tests.fakes.hostile import DEEP, HOSTILE, delta, http, stream
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.fakes.state import RawAnswer
from relgen_assets_tests.resources.llama_server_pool.pools import (
    HURRIED,
    assert_complete,
    echo,
    endpoint_at,
    is_question,
    pool_of,
    questions,
)
from resources.errors import NoEndpointLeft
from resources.generation import Generation
from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.decoding import MOST_TOKENS

PATIENT = replace(
    HURRIED,
    breaker_pause=30.0,
    breaker_pause_limit=30.0,
    probe_timeout=40.0,
    trial_timeout=40.0,
)
"""A server that has failed is not asked again in this batch."""

pytestmark = pytest.mark.timeout(60)


def test_no_hostile_server_harms_the_batch_and_each_is_told_its_fault(tmp_path: Path) -> None:
    with ExitStack() as running:
        well = running.enter_context(FakeLlamaServer(slots=2, answer=echo, decode=60.0))
        endpoints = [endpoint_at(well.url, "well", slots=2)]
        for number, behaviour in enumerate(HOSTILE):
            server = FakeLlamaServer(dialect=Dialect(behaviour.dialect), answer=echo)
            server.raw = behaviour.raw()
            running.enter_context(server)
            endpoints.append(endpoint_at(server.url, f"sick-{number}"))
        pool = running.enter_context(pool_of(tmp_path, *endpoints, policy=PATIENT))
        requests = questions(40)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
    by_healthy = [one for one in result.outcomes.values() if isinstance(one, Generation)]
    assert {one.endpoint for one in by_healthy} == {"well"}
    unharmed = {
        behaviour.name: report.faults
        for behaviour, report in zip(HOSTILE, result.report.endpoints[1:], strict=True)
        if not report.faults or "unforeseen" in report.faults
    }
    assert unharmed == {}


def test_a_server_that_never_ends_holds_no_request_and_its_answers_are_given_elsewhere(
    tmp_path: Path,
) -> None:
    with (
        FakeLlamaServer(slots=2, answer=echo, decode=300.0) as well,
        FakeLlamaServer(slots=2, answer=echo, decode=3000.0) as sick,
        pool_of(tmp_path, well, sick, policy=PATIENT) as pool,
    ):
        sick.fail_always(faults.ENDLESS, is_question)
        requests = questions(12)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        assert "runaway" in result.report.endpoints[1].faults
        assert max(one.sent_tokens for one in sick.requests) < 2000


def test_what_a_model_thinks_is_stored_beside_its_answer_and_counted(tmp_path: Path) -> None:
    def thinks(body: dict[str, Any]) -> str:
        return f"<think>a draft</think>{echo(body)}<|im_end|>"

    with FakeLlamaServer(slots=2, answer=thinks) as server, pool_of(tmp_path, server) as pool:
        requests = questions(3)
        result = pool.generate(requests)
        assert_complete(pool, requests, result)
        known = pool.ledger.lookup(requests, "fake-model").values()
    (report,) = result.report.endpoints
    assert {(one.reasoning, one.cut_off) for one in known} == {("a draft", "<|im_end|>")}
    assert not any("draft" in one.text or "<|" in one.text for one in known)
    assert (report.thoughtful, report.trimmed) == (3, 3)


def test_a_model_that_only_thinks_is_told_with_the_remedy(tmp_path: Path) -> None:
    def thinks(body: dict[str, Any]) -> str:
        return "<think>" + "on and on " * 40 if is_question(body) else echo(body)

    with (
        FakeLlamaServer(slots=2, answer=thinks) as server,
        pool_of(tmp_path, server, outage_timeout_seconds=0.5) as pool,
        pytest.raises(NoEndpointLeft, match=r"only_thoughts, .* `thinking = \"off\"`"),
    ):
        pool.generate(questions(2))


PIECES = st.sampled_from(
    [
        json.dumps(delta("some words")).encode(),
        json.dumps(delta(finish="stop")).encode(),
        json.dumps(delta(finish="abort")).encode(),
        json.dumps(delta([{"type": "text", "text": "part"}, "x"])).encode(),
        json.dumps(delta(reasoning_content="hm", finish="length")).encode(),
        b'{"error":null,"choices":[]}',
        b'{"error":{"code":503,"message":"Loading model"}}',
        b'{"choices":[],"usage":{"prompt_tokens":-1}}',
        b'{"choices":[],"usage":{"completion_tokens":1e400}}',
        b'{"choices":[],"timings":{"prompt_ms":NaN,"predicted_ms":3}}',
        b'{"choices":[{"delta":{"content":7}}]}',
        b'{"model":["x"]}',
        b"[DONE]",
        b"null",
        DEEP[:2000],
    ]
)
STREAMS = st.lists(PIECES, max_size=5).map(lambda events: stream(*events))
BODIES = st.binary(max_size=40) | st.sampled_from([b"{}", b"[]", b'{"choices":[]}', b'"x"', DEEP])
ANSWERS = STREAMS | st.builds(
    http,
    BODIES,
    st.sampled_from(["application/json", "text/event-stream", "text/html", "x/y; charset=utf-7"]),
    st.sampled_from([200, 204, 301, 400, 401, 404, 413, 422, 429, 500, 503]),
    st.dictionaries(
        st.sampled_from(["Retry-After", "Content-Encoding"]),
        st.sampled_from(["gzip", "deflate", "zstd", "0", "-1", "999999999999", "soon"]),
        max_size=1,
    ),
)


@pytest.fixture(scope="module")
def duel() -> Iterator[tuple[FakeLlamaServer, list[FakeLlamaServer]]]:
    """A healthy server, and three that answer whatever an example says."""
    with ExitStack() as running:
        well = FakeLlamaServer(slots=2, answer=echo)
        sick = [FakeLlamaServer(slots=2, answer=echo) for _ in range(3)]
        for server in (well, *sick):
            running.enter_context(server)
        yield well, sick


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_one_server_answers_the_healthy_one_answers_everything(
    duel: tuple[FakeLlamaServer, list[FakeLlamaServer]],
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    well, sick = duel
    for server in sick:
        page = data.draw(st.sampled_from([COMPLETIONS, COMPLETIONS, "/props", "/health"]))
        server.raw = answering(page, data.draw(ANSWERS), spare_probes=data.draw(st.booleans()))
    requests = questions(8)
    with pool_of(tmp_path_factory.mktemp("pool"), well, *sick, policy=PATIENT) as pool:
        result = pool.generate(requests)
    outcomes = result.outcomes.values()
    assert len(outcomes) == len(requests)
    for outcome in outcomes:
        assert isinstance(outcome, Generation), outcome
        assert outcome.finish_reason in ("stop", "length")
        assert 0 <= outcome.prompt_tokens < MOST_TOKENS
        assert outcome.endpoint != "a" or "the answer to question" in outcome.text


def answering(page: str, answer: bytes, *, spare_probes: bool) -> RawAnswer:
    """Return a behaviour on one page; probes may be spared, so that the trial is passed."""

    def raw(path: str, body: dict[str, Any] | None) -> bytes | None:
        if path != page or (spare_probes and body is not None and not is_question(body)):
            return None
        return answer

    return raw
