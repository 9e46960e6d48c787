"""No control token of any template is sent, and an answer that repeats one means the token."""

# ruff: noqa: RUF001 - tokens and their harmless forms look alike on purpose

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.servers.asking import (
    client_of,
    ignore,
    request,
    run,
)
from resources.control_tokens import control_tokens_in
from resources.llama_server_pool.servers.completion import Completion
from resources.llama_server_pool.servers.harmless import harmless, tokens_of_template

TOKENS = ("<ctl>", "<|im_end|>", "</s>", "[INST]")
TEXTS = st.lists(st.sampled_from([*TOKENS, "‹ctl>", "‹/s>", "words", "<", "ctl>", "\n"])).map(
    "".join
)
OWN = ("<ctl>",)


@given(TEXTS)
def test_what_is_sent_holds_none_and_keeps_its_length(text: str) -> None:
    sent = harmless(request(text), OWN).request.messages[-1]["content"]
    assert control_tokens_in(sent, OWN) == []
    assert len(sent) == len(text)


@given(TEXTS)
def test_an_answer_that_repeats_what_was_sent_means_what_was_asked(text: str) -> None:
    one = harmless(request(text), OWN)
    answer = one.as_meant(one.request.messages[-1]["content"])
    assert answer.replace("‹", "<") == text.replace("‹", "<")
    if "‹" not in text:
        assert answer == text


def test_a_request_without_any_is_sent_as_it_is() -> None:
    asked = request("Is a < b, and what does [12] say?")
    assert harmless(asked, OWN).request is asked


def test_the_tokens_of_a_template_are_read_from_its_text() -> None:
    template = "{{ '<ctl>' + message['role'] }}{% if x < y and y > z %}[TOOLS]{{ '<|im_end|>' }}"
    assert tokens_of_template(template, "<first>", None) == ("<first>", "<ctl>", "[TOOLS]")
    assert tokens_of_template(None) == ()


def test_a_server_is_sent_none_of_its_own_and_known_ones() -> None:
    """The fake's template writes `<ctl-end>`; it answers with what it was asked."""

    def echo(body: dict[str, object]) -> str:
        messages = body["messages"]
        assert isinstance(messages, list)
        return f"You said: {messages[-1]['content']}"

    text = "One <ctl-end> and <|im_end|> two."

    async def ask(url: str) -> Completion:
        async with client_of(url) as client:
            facts = await client.discover()
            assert "<ctl-end>" in facts.control_tokens
            return await client.complete(request(text), ignore, facts)

    with FakeLlamaServer(answer=echo) as server:
        completion = run(ask(server.url))
        sent = server.requests[-1].body["messages"][-1]["content"]
    assert sent == "One ‹ctl-end> and ‹|im_end|> two."
    assert completion.generation.text == f"You said: {text}"
