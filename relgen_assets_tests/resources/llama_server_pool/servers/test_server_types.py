"""Every registered server type against its fake: what a new type and its fake must do."""

from __future__ import annotations

import json
from dataclasses import fields
from string import ascii_letters
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relgen_assets_tests.fakes.fake_type import LongPrompt
from relgen_assets_tests.fakes.faults import FaultKind, ServerFault
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.fakes.registry import FAKE_TYPES
from relgen_assets_tests.resources.llama_server_pool.servers.asking import (
    client_of,
    ignore,
    request,
    run,
)
from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.error_answers import from_status
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault
from resources.llama_server_pool.servers.registry import SERVER_TYPES
from resources.llama_server_pool.servers.server_type import ServerFacts, register

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
every_type = pytest.mark.parametrize(
    "dialect", [pytest.param(dialect, id=dialect.value) for dialect in SERVER_TYPES]
)


def test_every_dialect_has_a_server_type_and_every_server_type_a_fake() -> None:
    assert set(SERVER_TYPES) == set(FAKE_TYPES) == set(Dialect) - {Dialect.auto}


def test_a_dialect_has_only_one_type() -> None:
    with pytest.raises(ValueError, match="cannot be registered as 'vllm'"):
        register(type(SERVER_TYPES[Dialect.vllm]))


@every_type
def test_it_is_recognised_and_says_what_it_serves(dialect: Dialect) -> None:
    async def ask(url: str) -> ServerFacts:
        async with client_of(url) as client:
            return await client.discover()

    fake = FAKE_TYPES[dialect]
    with FakeLlamaServer(dialect=dialect, slots=3, context=2048, model="m13") as server:
        facts = run(ask(server.url))
    slots = 3 if fake.tells_slots else SERVER_TYPES[dialect].assumed_slots
    context = 2048 if fake.tells_context else None
    assert facts == ServerFacts(dialect, slots, context, "m13", fake.control_tokens)


@every_type
def test_no_page_is_asked_twice_to_recognise_it(dialect: Dialect) -> None:
    async def ask(url: str) -> None:
        async with client_of(url) as client:
            await client.probe()

    with FakeLlamaServer(dialect=dialect) as server:
        run(ask(server.url))
        *looked_at, probed = server.visited
    assert len(set(looked_at)) == len(looked_at)
    assert probed == SERVER_TYPES[dialect].health_path


@every_type
def test_its_health_page_answers_while_it_works(dialect: Dialect) -> None:
    async def ask(url: str) -> None:
        async with client_of(url, dialect=dialect) as client:
            await client.probe()

    with FakeLlamaServer(dialect=dialect) as server:
        run(ask(server.url))
        assert server.visited == [SERVER_TYPES[dialect].health_path]


@every_type
def test_it_enforces_the_schema_it_is_sent(dialect: Dialect) -> None:
    async def ask(url: str) -> str:
        async with client_of(url) as client:
            facts = await client.discover()
            assert (await client.try_schema(facts)).enforced
            answer = await client.complete(request(json_schema=SCHEMA), ignore, facts)
        assert answer.generation.completion_tokens > 0
        return answer.generation.text

    with FakeLlamaServer(dialect=dialect) as server:
        assert set(json.loads(run(ask(server.url)))["entities"]) <= {"quasar", "enzyme"}


@every_type
def test_it_is_noticed_if_it_ignores_schemas(dialect: Dialect) -> None:
    async def ask(url: str) -> bool:
        async with client_of(url) as client:
            return (await client.try_schema(await client.discover())).enforced

    with FakeLlamaServer(dialect=dialect, enforce_schema=False) as server:
        assert run(ask(server.url)) is False


@every_type
def test_schemas_it_refuses_are_not_sent_again(dialect: Dialect) -> None:
    async def ask(url: str) -> bool:
        async with client_of(url) as client:
            facts = await client.discover()
            trial = await client.try_schema(facts)
            await client.complete(request(json_schema=SCHEMA), ignore, facts)
        return trial.enforced

    status, body = FAKE_TYPES[dialect].schema_error()
    with FakeLlamaServer(dialect=dialect) as server:
        refusal = ServerFault(FaultKind.status, status=status, body=json.dumps(body))
        server.fail_always(refusal, lambda asked: "response_format" in asked)
        assert run(ask(server.url)) is False
        *refused, tried, answered = server.requests
    assert [one.outcome for one in refused] == ["fault:status"] * 3, "with less of it each time"
    assert "response_format" not in {**tried.body, **answered.body}


@every_type
def test_it_counts_tokens_where_it_can(dialect: Dialect) -> None:
    async def ask(url: str) -> int | None:
        async with client_of(url) as client:
            return await client.count_tokens("twelve chars", ServerFacts(dialect))

    with FakeLlamaServer(dialect=dialect) as server:
        assert run(ask(server.url)) == (3 if FAKE_TYPES[dialect].counts_tokens else None)


@every_type
def test_a_token_count_of_unexpected_form_is_a_fault_of_the_server(dialect: Dialect) -> None:
    class Odd:
        model = None

        async def get(self, path: str) -> Any:
            return []

        async def post(self, path: str, body: dict[str, Any]) -> Any:
            return []

    async def ask() -> int | None:
        return await SERVER_TYPES[dialect].count_tokens(Odd(), "text")

    if not FAKE_TYPES[dialect].counts_tokens:
        assert run(ask()) is None
        return
    with pytest.raises(EndpointFault) as caught:
        run(ask())
    assert (caught.value.kind, caught.value.disposition) == ("bad_body", Disposition.server)


@every_type
def test_a_prompt_that_does_not_fit_is_the_requests_fault(dialect: Dialect) -> None:
    async def ask(url: str) -> EndpointFault:
        async with client_of(url) as client:
            facts = await client.discover()
            with pytest.raises(EndpointFault) as caught:
                await client.complete(request("long " * 1000), ignore, facts)
        return caught.value

    with FakeLlamaServer(dialect=dialect, context=512) as server:
        fault = run(ask(server.url))
    cut = FAKE_TYPES[dialect].long_prompt is LongPrompt.cut
    assert fault.kind == ("prompt_truncated" if cut else "context_exceeded")
    assert (fault.disposition, fault.context) == (Disposition.context, 512)


@every_type
def test_a_wrong_key_is_named_as_such(dialect: Dialect) -> None:
    async def ask(url: str) -> EndpointFault:
        async with client_of(url, dialect=dialect, api_key="wrong") as client:
            facts = ServerFacts(dialect, 1, 2048, "m13")
            with pytest.raises(EndpointFault) as caught:
                await client.complete(request(), ignore, facts)
        return caught.value

    with FakeLlamaServer(dialect=dialect, api_key="right") as server:
        assert run(ask(server.url)).disposition is Disposition.auth


PHRASES = [
    (meaning.name, phrase)
    for one in SERVER_TYPES.values()
    for meaning in fields(one.error_phrases)
    for phrase in getattr(one.error_phrases, meaning.name)
]
MEANINGS = {
    "prompt_too_long": (400, Disposition.context),
    "overflow": (500, Disposition.overload),
    "loading": (503, Disposition.loading),
    "no_model": (404, Disposition.auth),
    "schema": (400, Disposition.schema),
    "busy": (503, Disposition.throttled),
}


@pytest.mark.parametrize(("meaning", "phrase"), PHRASES)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_the_words_of_its_errors_are_understood(
    meaning: str, phrase: str, data: st.DataObject
) -> None:
    status, disposition = MEANINGS[meaning]
    said = data.draw(st.from_regex(phrase, fullmatch=True, alphabet=ascii_letters + " _'"))
    body = json.dumps({"error": {"message": f"Sorry: {said}!"}})
    assert from_status(status, body, {}, key_place=None).disposition is disposition


def test_a_server_that_aborts_its_work_for_questions_is_greeted_without_any() -> None:
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


@pytest.mark.parametrize("dialect", [Dialect.vllm, Dialect.ollama, Dialect.openai])
def test_a_model_the_server_does_not_have_names_those_it_has(dialect: Dialect) -> None:
    async def ask(url: str) -> EndpointFault:
        async with client_of(url, model="other") as client:
            with pytest.raises(EndpointFault) as caught:
                await client.discover()
        return caught.value

    with FakeLlamaServer(dialect=dialect, model="m13") as server:
        fault = run(ask(server.url))
    assert fault.disposition is Disposition.auth
    assert "'other'" in fault.detail
    assert "m13" in fault.detail
