"""What an endpoint does not take is learned from its words, remembered, and left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from relgen_assets_tests.fakes.faults import FaultKind, ServerFault
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.resources.llama_server_pool.pools import (
    is_question,
    pool_of,
    questions,
)
from relgen_assets_tests.resources.llama_server_pool.servers.asking import client_of, run
from resources.generation import Generation, GenerationRequest, Message, Sampling
from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.abilities import Abilities, SchemaForm
from resources.llama_server_pool.servers.server_type import ServerFacts

pytestmark = pytest.mark.timeout(60)

Body = dict[str, Any]
SCHEMA: Body = {
    "type": "object",
    "properties": {
        "minItems": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3},
        "colour": {"type": "string", "enum": ["red", "minLength"], "minLength": 1},
    },
    "required": ["minItems"],
}
TURNS = (
    Message(role="system", content="Be brief."),
    Message(role="user", content="question 1"),
    Message(role="assistant", content="one"),
    Message(role="user", content="question 2"),
)


def extra(name: str) -> str:
    """Return how FastAPI servers refuse a member that they do not know."""
    told = {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs not permitted"}
    return json.dumps({"detail": [told]})


def roles(body: Body) -> list[str]:
    return [turn["role"] for turn in body["messages"]]


def holds_keyword(value: Any, keywords: frozenset[str]) -> bool:
    """Return whether a schema holds a keyword, as a grammar engine would notice."""
    if isinstance(value, list):
        return any(holds_keyword(one, keywords) for one in value)
    if not isinstance(value, dict):
        return False
    return any(
        (name in keywords and not isinstance(one, dict)) or holds_keyword(one, keywords)
        for name, one in value.items()
        if name != "enum"
    )


@dataclass(frozen=True)
class Poor:
    """A server that takes less: what it refuses, and how.

    Attributes:
        refuses: Whether it refuses a request.
        status: The status of its refusal.
        said: The body of its refusal.
        learned: What is remembered.
    """

    refuses: Callable[[Body], bool]
    status: int
    said: str
    learned: Abilities


FOLDED = Abilities(system_turn=False, free_turns=False)
POOR = {
    "gemma on vLLM": Poor(
        lambda body: "system" in roles(body),
        400,
        '{"object":"error","message":"System role not supported","type":"BadRequestError"}',
        FOLDED,
    ),
    "gemma on llama-server --jinja": Poor(
        lambda body: "system" in roles(body),
        500,
        '{"error":{"code":500,"message":"System role not supported","type":"server_error"}}',
        FOLDED,
    ),
    "mistral": Poor(
        lambda body: any(
            role != ("user", "assistant")[at % 2] for at, role in enumerate(roles(body))
        ),
        400,
        '{"message":"Conversation roles must alternate user/assistant/user/assistant/..."}',
        FOLDED,
    ),
    "no stream_options": Poor(
        lambda body: "stream_options" in body,
        422,
        extra("stream_options"),
        Abilities(stream_options=False),
    ),
    "no seed": Poor(lambda body: "seed" in body, 422, extra("seed"), Abilities(seed=False)),
    "newer OpenAI": Poor(
        lambda body: "max_tokens" in body,
        400,
        '{"error":{"message":"Unsupported parameter: \'max_tokens\' is not supported with this'
        " model. Use 'max_completion_tokens' instead.\"}}",
        Abilities(length="max_completion_tokens"),
    ),
    "xgrammar, newer": Poor(
        lambda body: holds_keyword(body.get("response_format"), frozenset({"minItems"})),
        400,
        '{"message":"The provided JSON schema contains features not supported by xgrammar."}',
        Abilities(schema=SchemaForm.plain),
    ),
    "xgrammar, older": Poor(
        lambda body: holds_keyword(
            body.get("response_format"), frozenset({"minItems", "maxItems", "minLength"})
        ),
        400,
        '{"message":"The provided JSON schema contains features not supported by xgrammar."}',
        Abilities(schema=SchemaForm.bare),
    ),
    "no schemas": Poor(
        lambda body: "response_format" in body,
        400,
        '{"error":{"message":"\'response_format\' of type \'json_schema\' is not supported"}}',
        Abilities(schema=SchemaForm.none),
    ),
    "no system turn and no seed": Poor(
        lambda body: "system" in roles(body) or "seed" in body,
        400,
        '{"message":"system role and seed are not supported"}',
        Abilities(system_turn=False, free_turns=False, seed=False),
    ),
    "no words": Poor(
        lambda body: "stream_options" in body,
        400,
        '{"error":"Bad Request"}',
        Abilities(stream_options=False),
    ),
}


@pytest.mark.parametrize("name", POOR)
def test_a_server_that_takes_less_answers_everything_all_the_same(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    poor = POOR[name]
    with FakeLlamaServer(slots=1) as server, pool_of(tmp_path, server) as pool:
        refusal = ServerFault(FaultKind.status, status=poor.status, body=poor.said)
        server.fail_always(refusal, poor.refuses)
        asked = questions(4, json_schema=SCHEMA, messages=TURNS)
        result = pool.generate([_about(one, n) for n, one in enumerate(asked)])
        assert all(isinstance(one, Generation) for one in result.outcomes.values())
        work = [one for one in server.requests if len(one.body["messages"]) > 2]
        assert [one.outcome for one in work] == ["answered"] * 4, "known from the trial on"
        assert pool._supervisor is not None
        assert pool._supervisor.endpoints["a"].client.abilities == poor.learned
    assert "it is asked without" in caplog.text


def _about(request: GenerationRequest, number: int) -> GenerationRequest:
    said = Message(role="user", content=f"question {number}")
    return replace(request, messages=(*request.messages[:-1], said))


def test_the_trial_asks_like_the_work(tmp_path: Path) -> None:
    with FakeLlamaServer(slots=1) as server, pool_of(tmp_path, server) as pool:
        pool.generate(questions(1, json_schema=SCHEMA))
        trial = server.requests[0].body
    assert not is_question(trial)
    assert roles(trial) == ["system", "user"]
    assert {"seed", "stream_options", "response_format"} <= set(trial)
    assert holds_keyword(trial["response_format"], frozenset({"minItems", "minLength"}))


def test_a_model_that_thinks_first_gets_room_for_its_thoughts(tmp_path: Path) -> None:
    good = json.dumps({"words": ["quoll-7-zephyr"], "why": "told so"})

    def think(body: Body) -> str:
        return "<think>" + "well, " * 90 + "</think>" + (good if not is_question(body) else "{}")

    with FakeLlamaServer(slots=1, answer=think) as server, pool_of(tmp_path, server) as pool:
        long = Sampling(temperature=0.0, max_tokens=400)
        pool.generate(questions(1, json_schema=SCHEMA, sampling=long))
        assert pool._supervisor is not None
        assert pool._supervisor.endpoints["a"].enforces_schema is True


def test_one_odd_schema_does_not_cost_the_others_theirs() -> None:
    said = '{"error":{"code":400,"message":"Failed to parse grammar"}}'

    async def ask(url: str) -> Abilities:
        facts = ServerFacts(Dialect.llama_cpp, 1, 8192, "fake-model")
        async with client_of(url) as client:
            for one in questions(2, json_schema=SCHEMA):
                await client.complete(one, lambda _: None, facts)
            return client.abilities

    with FakeLlamaServer(slots=1) as server:
        server.fail_always(
            ServerFault(FaultKind.status, status=400, body=said),
            lambda body: (
                "question 0" in str(body["messages"])
                and holds_keyword(body.get("response_format"), frozenset({"minItems"}))
            ),
        )
        assert run(ask(server.url)) == Abilities()
        assert "minItems" in str(server.requests[-1].body["response_format"])


def test_what_is_folded_and_merged_keeps_every_word() -> None:
    body = {"messages": [*TURNS, Message(role="user", content="and this")], "seed": 1}
    folded = FOLDED.fit(body)["messages"]
    assert [turn["role"] for turn in folded] == ["user", "assistant", "user"]
    assert [turn["content"] for turn in folded] == [
        "Be brief.\n\nquestion 1",
        "one",
        "question 2\n\nand this",
    ]
    assert TURNS[1]["content"] == "question 1", "what was asked is left as it was"


def test_less_of_a_schema_keeps_its_properties_and_enums() -> None:
    body = {"messages": [], "response_format": {"schema": SCHEMA}}
    bare = Abilities(schema=SchemaForm.bare).fit(body)["response_format"]["schema"]
    assert bare["properties"] == {
        "minItems": {"type": "array", "items": {"type": "string"}},
        "colour": {"type": "string", "enum": ["red", "minLength"]},
    }
    assert "response_format" not in Abilities(schema=SchemaForm.none).fit(body)
