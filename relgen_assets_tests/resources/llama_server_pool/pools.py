"""Pools, requests and a fast policy for the tests of the dispatcher."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from resources.generation import (
    Generation,
    GenerationRequest,
    Message,
    Sampling,
)
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.pool import LlamaServerPool
from resources.llama_server_pool.reports import BatchResult

HURRIED = DispatchPolicy(
    tick=0.02,
    first_token_floor=0.7,
    unknown_prefill_rate=1000.0,
    stall_floor=0.7,
    total_floor=5.0,
    quiet_seconds=0.5,
    probe_timeout=3.0,
    trial_timeout=1.5,
    breaker_pause=0.05,
    breaker_pause_limit=0.3,
    loading_poll=0.05,
    throttle_pause=0.1,
    throttle_pause_limit=0.5,
    retry_jitter=0.005,
    retry_pause=0.05,
    lease_seconds=1.5,
    lease_renewal=0.1,
    lease_rotation=0.3,
)
"""Waits for tenths of a second where the real policy waits for many seconds."""
PATIENT = replace(
    HURRIED, first_token_floor=15.0, stall_floor=15.0, total_floor=30.0, trial_timeout=15.0
)
"""For servers that never fail: on a busy machine they may be silent for a second or two."""

MODEL = "fake-model"
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": ["red", "green"]}},
    "required": ["colour"],
}


def question(number: int, **changes: Any) -> GenerationRequest:
    """Return one request; its answer, `echo`, differs from every other."""
    values: dict[str, Any] = {
        "subject": f"subject-{number}",
        "task": "test",
        "messages": (Message(role="user", content=f"question {number}"),),
        "sampling": Sampling(temperature=0.2, max_tokens=64, seed=7),
        "prompt_tokens": 12,
    }
    return GenerationRequest(**{**values, **changes})


def questions(count: int, **changes: Any) -> list[GenerationRequest]:
    """Return `count` different requests."""
    return [question(number, **changes) for number in range(count)]


def long_questions(count: int, words: int) -> list[GenerationRequest]:
    """Return different requests of this many words and a few more tokens."""
    return [
        replace(one, messages=(Message(role="user", content=f"question {n} " + "long " * words),))
        for n, one in enumerate(questions(count, prompt_tokens=words * 5 // 4))
    ]


def echo(body: dict[str, Any]) -> str:
    """Answer with the question, so that a mixed-up answer would show."""
    return f"the answer to {body['messages'][-1]['content']} and nothing else at all"


def at_length(body: dict[str, Any]) -> str:
    """Answer with enough tokens for the pool to see how fast they come."""
    return echo(body) + " indeed" * 80


def is_question(body: dict[str, Any]) -> bool:
    """Whether a request belongs to the batch, not to a probe."""
    return bool(body["messages"][-1]["content"].startswith("question"))


def first(count: int) -> Callable[[dict[str, Any]], bool]:
    """Return a condition that holds for the first `count` requests of the batch."""
    left = [count]

    def applies(body: dict[str, Any]) -> bool:
        if not is_question(body) or not left[0]:
            return False
        left[0] -= 1
        return True

    return applies


def endpoint(server: FakeLlamaServer, name: str, **changes: Any) -> Endpoint:
    """Return the configuration of a fake server."""
    return endpoint_at(server.url, name, **{"slots": server.slots, **changes})


def endpoint_at(url: str, name: str, **changes: Any) -> Endpoint:
    """Return the configuration of a server at an address."""
    return Endpoint(**{"name": name, "url": url, **changes})


def ledger_at(path: Path) -> GenerationLedger:
    """Return the ledger in a SQLite file."""
    settings: dict[str, Any] = {"url": f"sqlite:///{path}"}
    return GenerationLedger(**settings)


@cache
def _empty_ledger() -> Path:
    """Create the tables once; copying the file is faster than creating them again."""
    path = Path(tempfile.mkdtemp()) / "ledger.db"
    ledger = ledger_at(path)
    ledger.lookup(questions(1), MODEL)
    ledger.close()
    return path


@contextmanager
def pool_of(
    folder: Path,
    *servers: FakeLlamaServer | Endpoint,
    policy: DispatchPolicy = HURRIED,
    **settings: Any,
) -> Iterator[LlamaServerPool]:
    """Open a pool of servers, named a, b, c, ..., with its ledger in `folder`."""
    endpoints = [
        endpoint(one, "abcdefgh"[number]) if isinstance(one, FakeLlamaServer) else one
        for number, one in enumerate(servers)
    ]
    if not (folder / "ledger.db").exists():
        shutil.copy(_empty_ledger(), folder / "ledger.db")
    ledger = ledger_at(folder / "ledger.db")
    pool = LlamaServerPool(
        endpoints=endpoints,
        ledger=ledger,
        **{"model": MODEL, "outage_timeout_seconds": 5.0, **settings},
    )
    pool._policy = policy
    try:
        yield pool
    finally:
        pool.close()
        ledger.close()


def assert_complete(
    pool: LlamaServerPool, requests: list[GenerationRequest], result: BatchResult
) -> None:
    """Assert that every request has its own answer, and every answer is in the ledger."""
    assert sorted(result.outcomes) == sorted(request.subject for request in requests)
    for request in requests:
        outcome = result.outcomes[request.subject]
        assert isinstance(outcome, Generation), outcome
        if request.json_schema is None:
            assert f"{request.messages[-1]['content']} " in outcome.text
    known = pool.ledger.lookup(requests, MODEL)
    assert sorted(known) == sorted(result.outcomes)
    assert result.report.requests + result.report.from_ledger == len(requests)
