"""One reading of an answer: what servers really send, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from relgen_assets_tests.fakes import faults as commit
from relgen_assets_tests.fakes.connection import COMPLETIONS
from relgen_assets_tests.fakes.hostile import delta, http, stream
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.servers.asking import (
    client_of,
    ignore,
    request,
    run,
)
from resources.generation import Generation
from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.client import Completion, EndpointClient, ServerFacts
from resources.llama_server_pool.servers.completion import refuse_mere_thoughts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

FACTS = ServerFacts(Dialect.llama_cpp, slots=2, context=8192, model="fake-model")
END = delta(finish="stop")


def ask(answer: bytes, **config: Any) -> Generation:
    """Return what the client makes of these bytes."""

    async def work(url: str) -> Generation:
        async with client_of(url, **config) as client:
            return (await client.complete(request(), ignore, FACTS)).generation

    with FakeLlamaServer() as server:
        server.raw = lambda path, _: answer if path == COMPLETIONS else None
        return run(work(server.url))


def fault_of(answer: bytes, **config: Any) -> EndpointFault:
    """Return the fault that the client finds in these bytes."""
    with pytest.raises(EndpointFault) as caught:
        ask(answer, **config)
    return caught.value


WHOLE = b'{"choices":[{"message":{"content":"an answer"},"finish_reason":"stop"}]}'
ANSWERS = [
    pytest.param(stream({**delta("an answer"), "error": None}, END, b"[DONE]"), id="error: null"),
    pytest.param(
        stream(delta([{"type": "text", "text": "an "}, {"text": "answer"}]), END), id="parts"
    ),
    pytest.param(stream(delta(["an ", "answer"]), END), id="parts that are texts"),
    pytest.param(stream(delta("an answer"), b"[DONE]"), id="no finish reason but [DONE]"),
    pytest.param(stream(delta("an answer"), delta(finish="eos_token")), id="TGI's finish reason"),
    pytest.param(stream(delta("an answer"), END, kind="text/plain"), id="another content type"),
    pytest.param(stream(WHOLE), id="a message instead of a delta"),
    pytest.param(http(WHOLE), id="plain JSON"),
    pytest.param(http(b"\n" + WHOLE, "text/event-stream"), id="plain JSON, called a stream"),
    pytest.param(stream(delta("an answer<|im_end|>"), END), id="a template token"),
    pytest.param(stream(delta("<think>so?</think>an answer"), END), id="a thought in tags"),
    pytest.param(stream(delta(reasoning="so?"), delta("an answer"), END), id="reasoning"),
    pytest.param(
        stream(delta(reasoning_content="so?"), delta("an answer"), END), id="reasoning_content"
    ),
    pytest.param(
        stream(delta([{"type": "thinking", "thinking": [{"text": "so?"}]}, "an answer"]), END),
        id="a part that thinks",
    ),
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_is_read_in_every_form_that_servers_send(answer: bytes) -> None:
    found = ask(answer)
    assert (found.text, found.finish_reason) == ("an answer", "stop")
    assert found.reasoning in ("", "so?")
    assert found.cut_off in ("", "<|im_end|>")


def test_a_separator_of_unicode_inside_a_token_is_a_character() -> None:
    event = '{"choices":[{"delta":{"content":"a\u2028b\u0085c"}}]}'
    assert ask(stream(event.encode(), END)).text == "a\u2028b\u0085c"


@pytest.mark.parametrize("reason", ["abort", "content_filter", "tool_calls", "error", "null"])
def test_another_finish_reason_is_a_fault_of_the_server(reason: str) -> None:
    fault = fault_of(stream(delta("half a sen"), delta(finish=reason), b"[DONE]"))
    assert (fault.kind, fault.disposition) == ("broken_off", Disposition.server)
    assert reason in fault.detail


def test_thoughts_are_kept_beside_the_answer() -> None:
    words = "<think>a draft</think>the answer"
    found = ask(stream(delta(reasoning_content="first"), delta(words), END))
    assert (found.text, found.reasoning) == ("the answer", "first\na draft")


def test_an_answer_that_is_all_thoughts_is_told_with_the_remedy() -> None:
    found = ask(stream(delta(reasoning_content="on and on"), delta(finish="length")))
    with pytest.raises(EndpointFault) as caught:
        refuse_mere_thoughts(Completion(found, 0.0, 0.0))
    assert caught.value.kind == "only_thoughts"
    assert "`thinking" in caught.value.detail
    assert "`reasoning_tokens`" in caught.value.detail


def test_an_empty_answer_without_thoughts_is_left_to_the_caller() -> None:
    refuse_mere_thoughts(Completion(ask(stream(delta(""), END)), 0.0, 0.0))


def test_an_answer_of_another_model_is_a_fault_that_names_both() -> None:
    answer = stream({**delta("hi"), "model": "tinyllama-1.1b"}, END)
    fault = fault_of(answer)
    assert (fault.kind, fault.disposition) == ("other_model", Disposition.server)
    assert "'tinyllama-1.1b' answered, 'fake-model' was asked" in fault.detail
    assert ask(answer, aliases=["tinyllama-1.1b"]).text == "hi"


def test_an_endless_answer_is_cut_soon_after_its_limit() -> None:
    async def work(server: FakeLlamaServer) -> EndpointFault:
        async with client_of(server.url) as client:
            with pytest.raises(EndpointFault) as caught:
                await client.complete(request(), ignore, FACTS)
            return caught.value

    with FakeLlamaServer(decode=2000.0) as server:
        server.fail_next(commit.ENDLESS)
        fault = run(work(server))
        assert server.wait_idle()
        assert server.requests[0].sent_tokens < 1000
    assert (fault.kind, fault.disposition) == ("runaway", Disposition.server)
    assert "200 tokens at most and had sent 217" in fault.detail


def test_a_few_endless_tokens_are_an_endless_answer_too() -> None:
    assert fault_of(stream(*[delta("!" * 10_000)] * 20)).kind == "runaway"


def sent_by(
    work: Callable[[EndpointClient], Any], answer: bytes, **config: Any
) -> list[dict[str, Any]]:
    """Return the bodies that a client sent to a server with this answer."""

    async def use(url: str) -> None:
        async with client_of(url, **config) as client:
            await work(client)

    bodies: list[dict[str, Any]] = []

    def raw(path: str, body: dict[str, Any] | None) -> bytes | None:
        if body is not None:
            bodies.append(body)
        return answer if path == COMPLETIONS else None

    with FakeLlamaServer() as server:
        server.raw = raw
        run(use(server.url))
    return bodies


THINKS = stream(delta(reasoning_content="hm"), delta("an answer"), END)


def test_a_model_that_has_shown_thoughts_gets_tokens_for_them() -> None:
    async def twice(client: EndpointClient) -> None:
        await client.complete(request(), ignore, FACTS)
        await client.complete(request(), ignore, FACTS)

    first, second = sent_by(twice, THINKS, reasoning_tokens=500)
    assert (first["max_tokens"], second["max_tokens"]) == (200, 700)


def test_an_answer_does_not_use_the_tokens_for_thoughts() -> None:
    long = stream(delta(reasoning_content="hm"), *[delta("word ")] * 300, END)
    found = ask(long, thinking="on", reasoning_tokens=500)
    assert (found.text.count("word"), found.finish_reason) == (200, "length")


@pytest.mark.parametrize(
    ("thinking", "dialect", "sent", "tokens"),
    [
        ("off", Dialect.llama_cpp, ("chat_template_kwargs", "enable_thinking", False), 200),
        ("on", Dialect.vllm, ("chat_template_kwargs", "enable_thinking", True), 1224),
        ("off", Dialect.openai, ("reasoning_effort", None, "none"), 200),
        ("off", Dialect.ollama, ("think", None, False), 200),
    ],
)
def test_thoughts_are_switched_in_the_words_of_the_server(
    thinking: str, dialect: Dialect, sent: tuple[str, str | None, Any], tokens: int
) -> None:
    facts = ServerFacts(dialect, context=8192, model="fake-model")

    async def once(client: EndpointClient) -> None:
        await client.complete(request(), ignore, facts)

    (body,) = sent_by(once, THINKS, thinking=thinking)
    name, inner, value = sent
    assert (body[name] if inner is None else body[name][inner]) == value
    assert body["max_tokens"] == tokens


def test_tokens_for_thoughts_never_exceed_the_context() -> None:
    async def once(client: EndpointClient) -> None:
        facts = ServerFacts(Dialect.llama_cpp, context=300, model="fake-model")
        await client.complete(request(), ignore, facts)

    (body,) = sent_by(once, THINKS, thinking="on")
    assert body["max_tokens"] == 300 - request().prompt_tokens


def test_an_endpoint_may_add_headers_and_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", "a-secret")

    async def once(url: str) -> None:
        headers = {"X-Team": "lab", "X-Token": "$GATEWAY_TOKEN"}
        async with client_of(url, headers=headers, extra_body={"user": "lab"}) as client:
            await client.complete(request(), ignore, FACTS)

    with FakeLlamaServer() as server:
        run(once(server.url))
        (seen,) = server.requests
    assert (seen.headers["x-team"], seen.headers["x-token"]) == ("lab", "a-secret")
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.body["user"] == "lab"
