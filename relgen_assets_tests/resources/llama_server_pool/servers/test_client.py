"""One endpoint over real HTTP: answers, timings, faults, and what cancelling does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

from relgen_assets_tests.fakes import faults as commit
from relgen_assets_tests.fakes.faults import ServerFault
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from resources.generation import GenerationRequest, Message, Sampling
from resources.llama_server_pool.endpoint import Dialect, Endpoint
from resources.llama_server_pool.servers.client import EndpointClient, ServerFacts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "entities": {
            "type": "array",
            "items": {"type": "string", "enum": ["quasar", "enzyme"]},
            "minItems": 2,
            "maxItems": 3,
        }
    },
    "required": ["entities"],
    "additionalProperties": False,
}
FACTS = ServerFacts(Dialect.llama_cpp, slots=2, context=8192, model="fake-model")
DIALECTS = [dialect for dialect in Dialect if dialect is not Dialect.auto]


def request(text: str = "What is light?", **more: Any) -> GenerationRequest:
    values: dict[str, Any] = {
        "subject": "s",
        "task": "t",
        "messages": (Message(role="user", content=text),),
        "sampling": Sampling(temperature=0.2, max_tokens=200, seed=7),
        "prompt_tokens": len(text) // 4,
    }
    return GenerationRequest(**{**values, **more})


@asynccontextmanager
async def client_of(
    url: str, api_key: str | None = None, **config: Any
) -> AsyncIterator[EndpointClient]:
    client = EndpointClient(Endpoint(name="board", url=url, **config), api_key=api_key)
    try:
        yield client
    finally:
        await client.close()


T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def fault_of(server: FakeLlamaServer, fault: ServerFault, **more: Any) -> EndpointFault:
    """Return what the client says when the server commits `fault`."""

    async def ask() -> EndpointFault:
        server.fail_next(fault)
        async with client_of(server.url, **more) as client:
            with pytest.raises(EndpointFault) as caught:
                await client.complete(request(), ignore, FACTS)
        return caught.value

    return run(ask())


def ignore(_: int) -> None:
    """Take note of no progress."""


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


def test_a_shared_prefix_is_reported_as_cached() -> None:
    async def ask(url: str) -> int:
        async with client_of(url) as client:
            await client.complete(request("the same start " * 20 + "one"), ignore, FACTS)
            second = await client.complete(request("the same start " * 20 + "two"), ignore, FACTS)
        return second.generation.cached_tokens

    with FakeLlamaServer() as server:
        assert run(ask(server.url)) == 75


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_is_recognised_and_says_what_it_serves(dialect: Dialect) -> None:
    async def ask(url: str) -> ServerFacts:
        async with client_of(url) as client:
            await client.probe()
            return await client.discover()

    with FakeLlamaServer(dialect=dialect, slots=3, context=2048, model="m13") as server:
        facts = run(ask(server.url))
    assert (facts.dialect, facts.model) == (dialect, "m13")
    assert facts.context == (None if dialect is Dialect.openai else 2048)
    slots = {Dialect.llama_cpp: 3, Dialect.vllm: 16, Dialect.openai: 4}
    assert facts.slots == slots.get(dialect, 1)


def test_a_server_that_breaks_its_work_off_for_questions_is_greeted_without_any() -> None:
    async def ask(url: str) -> tuple[ServerFacts, ServerFacts]:
        async with client_of(url) as client:
            facts = await client.greet()
            server.visited.clear()
            return facts, await client.examine(facts)

    with FakeLlamaServer(dialect=Dialect.llama_cpp_python, context=2048, model="m13") as server:
        facts, examined = run(ask(server.url))
    assert facts == ServerFacts(Dialect.llama_cpp_python, slots=1)
    assert examined == ServerFacts(Dialect.llama_cpp_python, 1, 2048, "m13")
    assert server.visited == ["/v1/completions", "/v1/models"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_enforces_the_schema_it_is_sent(dialect: Dialect) -> None:
    async def ask(url: str) -> None:
        async with client_of(url) as client:
            facts = await client.discover()
            assert (await client.try_schema(facts)).enforced
            answer = await client.complete(request(json_schema=SCHEMA), ignore, facts)
        named = json.loads(answer.generation.text)["entities"]
        assert set(named) <= {"quasar", "enzyme"}
        assert answer.generation.completion_tokens > 0

    with FakeLlamaServer(dialect=dialect) as server:
        run(ask(server.url))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_server_that_ignores_schemas_is_found_out(dialect: Dialect) -> None:
    async def ask(url: str) -> bool:
        async with client_of(url) as client:
            return (await client.try_schema(await client.discover())).enforced

    with FakeLlamaServer(dialect=dialect, enforce_schema=False) as server:
        assert run(ask(server.url)) is False


def test_a_server_that_refuses_schemas_does_not_enforce_them() -> None:
    async def ask(url: str) -> bool:
        async with client_of(url) as client:
            return (await client.try_schema(FACTS)).enforced

    with FakeLlamaServer() as server:
        server.fail_next(commit.SCHEMA_REFUSED)
        assert run(ask(server.url)) is False


def test_configured_slots_context_and_dialect_win_over_what_the_server_says() -> None:
    async def ask(url: str) -> ServerFacts:
        async with client_of(url, slots=7, context=512, dialect=Dialect.openai) as client:
            return await client.discover()

    with FakeLlamaServer(slots=3, context=2048) as server:
        assert run(ask(server.url)) == ServerFacts(Dialect.openai, 7, 512, "fake-model")


@pytest.mark.parametrize(
    ("dialect", "counted"),
    [(Dialect.llama_cpp, 3), (Dialect.llama_cpp_python, 3), (Dialect.openai, None)],
)
def test_tokens_are_counted_where_the_server_can(dialect: Dialect, counted: int | None) -> None:
    async def ask(url: str) -> int | None:
        async with client_of(url) as client:
            return await client.count_tokens("twelve chars", ServerFacts(dialect))

    with FakeLlamaServer(dialect=dialect) as server:
        assert run(ask(server.url)) == counted


@pytest.mark.parametrize("dialect", [Dialect.llama_cpp, Dialect.llama_cpp_python, Dialect.vllm])
def test_a_prompt_that_does_not_fit_is_the_requests_fault(dialect: Dialect) -> None:
    async def ask(url: str) -> EndpointFault:
        async with client_of(url) as client:
            facts = await client.discover()
            with pytest.raises(EndpointFault) as caught:
                await client.complete(request("long " * 1000), ignore, facts)
        return caught.value

    with FakeLlamaServer(dialect=dialect, context=512) as server:
        fault = run(ask(server.url))
    assert (fault.kind, fault.disposition) == ("context_exceeded", Disposition.context)
    assert fault.context == 512


def test_a_prompt_that_ollama_cut_in_silence_is_noticed() -> None:
    async def ask(url: str) -> EndpointFault:
        async with client_of(url, dialect=Dialect.ollama) as client:
            with pytest.raises(EndpointFault) as caught:
                await client.complete(request("long " * 1000), ignore, await client.discover())
        return caught.value

    with FakeLlamaServer(dialect=Dialect.ollama, context=512) as server:
        fault = run(ask(server.url))
    assert (fault.kind, fault.disposition) == ("prompt_truncated", Disposition.context)


def test_a_model_the_server_does_not_have_names_those_it_has() -> None:
    async def ask(url: str) -> EndpointFault:
        async with client_of(url, model="other") as client:
            with pytest.raises(EndpointFault) as caught:
                await client.discover()
        return caught.value

    with FakeLlamaServer(dialect=Dialect.vllm, model="m13") as server:
        fault = run(ask(server.url))
    assert fault.disposition is Disposition.auth
    assert "'other'" in fault.detail
    assert "m13" in fault.detail


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
def test_other_faults_say_whose_they_are(
    fault: ServerFault, kind: str, disposition: Disposition
) -> None:
    with FakeLlamaServer() as server:
        seen = fault_of(server, fault)
    assert (seen.kind, seen.disposition) == (kind, disposition)


def test_an_error_inside_the_stream_means_what_it_means_outside() -> None:
    event = ServerFault(commit.FaultKind.error_event, body=commit.OVERFLOW.body)
    with FakeLlamaServer() as server:
        assert fault_of(server, event).disposition is Disposition.overload


def test_the_pause_a_server_asks_for_is_kept() -> None:
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


def test_probing_llama_cpp_python_does_not_wait_for_its_running_request() -> None:
    async def ask(server: FakeLlamaServer) -> None:
        async with client_of(server.url, dialect=Dialect.llama_cpp_python) as client:
            await client.probe()

    with FakeLlamaServer(dialect=Dialect.llama_cpp_python) as server:
        run(ask(server))
        assert "/v1/models" not in server.visited  # would wait for the lock of the model


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


def test_connections_are_used_again() -> None:
    async def ask(url: str) -> None:
        async with client_of(url) as client:
            for _ in range(5):
                await client.complete(request(), ignore, FACTS)

    with FakeLlamaServer() as server:
        run(ask(server.url))
        assert server.connections_made == 1
