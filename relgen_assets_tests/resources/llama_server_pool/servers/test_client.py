"""One endpoint over real HTTP: answers, timings, faults, and what cancelling does."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from relgen_assets_tests.fakes import faults as commit
from relgen_assets_tests.fakes.faults import ServerFault
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.servers.asking import (
    client_of,
    ignore,
    request,
    run,
)
from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.client import ServerFacts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

FACTS = ServerFacts(Dialect.llama_cpp, slots=2, context=8192, model="fake-model")


def fault_of(server: FakeLlamaServer, fault: ServerFault, **more: Any) -> EndpointFault:
    """Return the client's fault when the server commits `fault`."""

    async def ask() -> EndpointFault:
        server.fail_next(fault)
        async with client_of(server.url, **more) as client:
            with pytest.raises(EndpointFault) as caught:
                await client.complete(request(), ignore, FACTS)
        return caught.value

    return run(ask())


def test_an_answer_carries_its_counts_and_its_timings() -> None:
    ticks: list[int] = []

    async def ask(url: str) -> None:
        async with client_of(url) as client:
            completion = await client.complete(request("What is light? " * 40), ticks.append, FACTS)
        answer = completion.generation
        assert answer.text
        assert (answer.finish_reason, answer.endpoint, answer.model) == (
            "stop",
            "board",
            "fake-model",
        )
        assert (answer.prompt_tokens, answer.completion_tokens) == (150, 20)
        assert ticks == list(range(1, 21))
        assert completion.decode_seconds > 0.05
        assert completion.prefill_seconds > 0.05
        assert answer.seconds >= completion.decode_seconds

    with FakeLlamaServer(decode=200, prefill=2000, answer_tokens=20) as server:
        run(ask(server.url))


def test_what_is_sent_is_exactly_what_was_asked() -> None:
    with FakeLlamaServer() as server:

        async def ask() -> None:
            async with client_of(server.url, model="llama-13b") as client:
                await client.complete(request(), ignore, FACTS)

        run(ask())
        body = server.requests[0].body
    assert body["model"] == "llama-13b"
    assert body["messages"] == [{"role": "user", "content": "What is light?"}]
    assert (body["temperature"], body["top_p"], body["max_tokens"], body["seed"]) == (
        0.2,
        1.0,
        200,
        7,
    )
    assert body["stream"] is True
    assert body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(
    ("dialect", "sent"),
    [
        (Dialect.llama_cpp, {"min_p", "top_k", "stop"}),
        (Dialect.llama_cpp_python, {"min_p", "top_k", "stop"}),
        (Dialect.vllm, {"min_p", "top_k", "stop"}),
        (Dialect.ollama, {"stop"}),
        (Dialect.openai, {"stop"}),
    ],
)
def test_a_server_is_sent_the_sampling_options_that_it_takes(
    dialect: Dialect, sent: set[str]
) -> None:
    options = {"min_p": 0.05, "top_k": 40, "stop": ["###"]}
    sampling = replace(request().sampling, min_p=0.05, top_k=40, stop=("###",))
    with FakeLlamaServer() as server:

        async def ask() -> None:
            async with client_of(server.url) as client:
                asked = replace(request(), sampling=sampling)
                await client.complete(asked, ignore, replace(FACTS, dialect=dialect))
                await client.complete(request(), ignore, FACTS)

        run(ask())
        one, plain = (one.body for one in server.requests)
    assert {name: one[name] for name in options if name in one} == {
        name: options[name] for name in sent
    }
    assert not plain.keys() & options.keys()


def test_a_shared_prefix_is_reported_as_cached() -> None:
    async def ask(url: str) -> int:
        async with client_of(url) as client:
            await client.complete(request("the same start " * 20 + "one"), ignore, FACTS)
            second = await client.complete(request("the same start " * 20 + "two"), ignore, FACTS)
        return second.generation.cached_tokens

    with FakeLlamaServer() as server:
        assert run(ask(server.url)) == 75


def test_configured_slots_context_and_dialect_win_over_what_the_server_says() -> None:
    async def ask(url: str) -> ServerFacts:
        async with client_of(url, slots=7, context=512, dialect=Dialect.openai) as client:
            return await client.discover()

    with FakeLlamaServer(slots=3, context=2048) as server:
        assert run(ask(server.url)) == ServerFacts(Dialect.openai, 7, 512, "fake-model")


SERVER_FAULTS = [
    (commit.RESET_BEFORE_HEADERS, "reset"),
    (commit.RESET_MIDWAY, "reset"),
    (commit.HTTP_500, "http_500"),
    (commit.HTTP_502, "http_502"),
    (commit.HTML, "html"),
    (commit.WRONG_TYPE, "bad_body"),
    (commit.BAD_JSON, "bad_body"),
    (commit.CUT, "truncated"),
    (commit.EMPTY_CHOICES, "empty_choices"),
]


@pytest.mark.parametrize(("fault", "kind"), SERVER_FAULTS)
def test_faults_of_the_server_are_counted_against_it(fault: ServerFault, kind: str) -> None:
    with FakeLlamaServer() as server:
        seen = fault_of(server, fault)
    assert (seen.kind, seen.disposition) == (kind, Disposition.server)


OTHER_FAULTS = [
    (commit.LOADING, "loading", Disposition.loading),
    (commit.THROTTLED, "throttled", Disposition.throttled),
    (commit.OVERFLOW, "context_overflow", Disposition.overload),
    (commit.SCHEMA_REFUSED, "schema_rejected", Disposition.schema),
    (commit.WRONG_MODEL, "model_not_found", Disposition.auth),
    (commit.WRONG_KEY, "auth", Disposition.auth),
]


@pytest.mark.parametrize(("fault", "kind", "disposition"), OTHER_FAULTS)
def test_other_faults_say_who_is_responsible(
    fault: ServerFault, kind: str, disposition: Disposition
) -> None:
    with FakeLlamaServer() as server:
        seen = fault_of(server, fault)
    assert (seen.kind, seen.disposition) == (kind, disposition)


def test_an_error_inside_the_stream_means_what_it_means_outside() -> None:
    event = ServerFault(commit.FaultKind.error_event, body=commit.OVERFLOW.body)
    with FakeLlamaServer() as server:
        assert fault_of(server, event).disposition is Disposition.overload


def test_the_pause_a_server_asks_for_is_reported() -> None:
    with FakeLlamaServer() as server:
        assert fault_of(server, commit.throttled(7)).retry_after == 7


def test_an_answer_cut_at_its_length_is_an_answer() -> None:
    async def ask(url: str) -> str:
        async with client_of(url) as client:
            return (await client.complete(request(), ignore, FACTS)).generation.finish_reason

    with FakeLlamaServer() as server:
        server.fail_next(commit.LENGTH)
        assert run(ask(server.url)) == "length"


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://127.0.0.1:1", "refused"),
        ("http://no-such-host.invalid", "dns"),
    ],
)
def test_a_server_that_cannot_be_reached_says_why(url: str, kind: str) -> None:
    async def ask() -> EndpointFault:
        async with client_of(url) as client:
            with pytest.raises(EndpointFault) as caught:
                await client.complete(request(), ignore, FACTS)
        return caught.value

    fault = run(ask())
    assert (fault.kind, fault.disposition) == (kind, Disposition.server)


def test_tls_to_a_server_without_it_is_a_tls_fault() -> None:
    async def ask(url: str) -> EndpointFault:
        async with client_of(url) as client:
            with pytest.raises(EndpointFault) as caught:
                await client.complete(request(), ignore, FACTS)
        return caught.value

    with FakeLlamaServer() as server:
        assert run(ask(server.url.replace("http:", "https:"))).kind == "tls"


def test_a_wrong_key_names_its_variable_and_never_the_key() -> None:
    async def ask(url: str) -> EndpointFault:
        async with client_of(url, api_key="wrong-secret", api_key_env="BOARD_KEY") as client:
            with pytest.raises(EndpointFault) as caught:
                await client.complete(request(), ignore, FACTS)
        return caught.value

    with FakeLlamaServer(api_key="right-secret") as server:
        fault = run(ask(server.url))
    assert fault.disposition is Disposition.auth
    assert "BOARD_KEY" in str(fault)
    assert "secret" not in str(fault)


def test_the_right_key_opens_the_server() -> None:
    async def ask(url: str) -> None:
        async with client_of(url, api_key="right-secret") as client:
            await client.complete(request(), ignore, FACTS)

    with FakeLlamaServer(api_key="right-secret") as server:
        run(ask(server.url))
        assert server.outcomes() == ["answered"]


@pytest.mark.parametrize(
    "fault", [commit.HANG_BEFORE_HEADERS, commit.HANG_IN_BODY, commit.PINGS_ONLY]
)
def test_cancelling_frees_the_slot_at_once(fault: ServerFault) -> None:
    async def ask(server: FakeLlamaServer) -> None:
        async with client_of(server.url) as client:
            server.fail_next(fault)
            work = asyncio.create_task(client.complete(request(), ignore, FACTS))
            assert await asyncio.to_thread(server.wait_until, lambda: server.in_flight == 1)
            await asyncio.sleep(0.05)
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
            assert await asyncio.to_thread(server.wait_idle)

    with FakeLlamaServer(slots=1) as server:
        run(ask(server))
        assert server.outcomes() == ["cancelled"]
        assert server.busy == 0


def test_a_server_that_loads_its_model_is_not_ready() -> None:
    async def ask(url: str) -> EndpointFault:
        async with client_of(url, dialect=Dialect.llama_cpp) as client:
            with pytest.raises(EndpointFault) as caught:
                await client.probe()
        return caught.value

    with FakeLlamaServer() as server:
        server.health_status = 503
        assert run(ask(server.url)).disposition is Disposition.loading


def test_a_server_that_comes_back_answers_again() -> None:
    server = FakeLlamaServer()

    async def ask() -> None:
        async with client_of(server.url) as client:
            await client.complete(request(), ignore, FACTS)
            server.stop()
            with pytest.raises(EndpointFault):
                await client.complete(request(), ignore, FACTS)
            server.start()
            await client.complete(request(), ignore, FACTS)

    with server:
        run(ask())


def test_connections_are_reused() -> None:
    async def ask(url: str) -> None:
        async with client_of(url) as client:
            for _ in range(5):
                await client.complete(request(), ignore, FACTS)

    with FakeLlamaServer() as server:
        run(ask(server.url))
        assert server.connections_made == 1
