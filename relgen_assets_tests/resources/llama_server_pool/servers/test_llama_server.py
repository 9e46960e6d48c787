"""A real `llama-server`, if one is on the PATH: it behaves as the fake does."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from relgen_assets_tests.postgres import free_port
from relgen_assets_tests.resources.llama_server_pool.pools import (
    HURRIED,
    SCHEMA,
    pool_of,
    questions,
)
from relgen_assets_tests.resources.llama_server_pool.waiting import wait_for
from resources.generation import Generation, GenerationRequest, Message, Sampling
from resources.llama_server_pool.embedded.model import find_model
from resources.llama_server_pool.endpoint import Dialect, Endpoint
from resources.llama_server_pool.servers.client import Completion, EndpointClient, ServerFacts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

T = TypeVar("T")
PROGRAM = shutil.which("llama-server")
SLOTS, CONTEXT = 2, 2048

pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="no llama-server on the PATH"),
    pytest.mark.timeout(240),
]


def health(url: str) -> int:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def busy_slots(url: str) -> int:
    with urllib.request.urlopen(f"{url}/slots", timeout=5) as answer:
        return sum(slot["is_processing"] for slot in json.load(answer))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with two slots, ready to serve."""
    port = free_port()
    command = [str(PROGRAM), "--model", str(find_model()), "--port", str(port)]
    command += ["--parallel", str(SLOTS), "--ctx-size", str(SLOTS * CONTEXT), "--threads", "2"]
    log = (tmp_path_factory.mktemp("llama") / "server.log").open("wb")
    process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        assert wait_for(lambda: health(address) == 200, 60), Path(log.name).read_text()[-2000:]
        yield address
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def with_client(
    url: str, work: Callable[[EndpointClient, ServerFacts], Coroutine[Any, Any, T]]
) -> T:
    async def run() -> T:
        client = EndpointClient(Endpoint(name="real", url=url))
        try:
            return await work(client, await client.discover())
        finally:
            await client.close()

    return asyncio.run(run())


def request(text: str, max_tokens: int = 40, **changes: Any) -> GenerationRequest:
    return GenerationRequest(
        subject="s",
        task="t",
        messages=(Message(role="user", content=text),),
        sampling=Sampling(temperature=0.0, max_tokens=max_tokens, seed=1),
        prompt_tokens=len(text) // 4,
        **changes,
    )


def ask(url: str, one: GenerationRequest) -> Completion:
    return with_client(url, lambda client, facts: client.complete(one, lambda _: None, facts))


def test_it_is_recognised_and_reports_slots_context_and_model(url: str) -> None:
    async def look(_client: EndpointClient, facts: ServerFacts) -> ServerFacts:
        return facts

    facts = with_client(url, look)
    assert facts.dialect is Dialect.llama_cpp
    assert (facts.slots, facts.context) == (SLOTS, CONTEXT)
    assert facts.model is not None
    assert "SmolLM2" in facts.model


def test_schemas_are_enforced_and_timings_arrive(url: str) -> None:
    completion = ask(url, request("Name a colour, as JSON.", json_schema=SCHEMA))
    assert json.loads(completion.generation.text)["colour"] in ("red", "green")
    assert completion.generation.finish_reason == "stop"
    assert completion.generation.prompt_tokens > 5
    assert completion.prefill_seconds > 0
    assert completion.decode_seconds > 0
    assert with_client(url, lambda client, facts: client.try_schema(facts)).enforced


def test_a_prompt_beyond_the_context_is_the_requests_fault_and_tells_the_context(url: str) -> None:
    with pytest.raises(EndpointFault) as caught:
        ask(url, request("word " * 3 * CONTEXT))
    assert caught.value.disposition is Disposition.context
    assert caught.value.context == CONTEXT


def test_cancelling_a_request_frees_its_slot(url: str) -> None:
    story = request("Tell a very long story about the sea.", max_tokens=1500)

    async def cancel(client: EndpointClient, facts: ServerFacts) -> None:
        moving = asyncio.Event()
        asked = asyncio.create_task(client.complete(story, lambda _: moving.set(), facts))
        await asyncio.wait_for(moving.wait(), 60)
        assert await asyncio.to_thread(busy_slots, url) == 1
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        assert await asyncio.to_thread(wait_for, lambda: busy_slots(url) == 0, 5)

    with_client(url, cancel)


def test_a_batch_fills_its_slots_and_every_request_has_its_answer(url: str, tmp_path: Path) -> None:
    sampling = Sampling(temperature=0.8, max_tokens=40)
    wanted = questions(8, sampling=sampling, json_schema=SCHEMA)
    real = Endpoint(name="real", url=url)
    # A real server on a busy machine may be silent for longer than the fakes.
    policy = replace(HURRIED, first_token_floor=20.0, stall_floor=20.0, trial_timeout=60.0)
    with pool_of(tmp_path, real, model=None, outage_timeout_seconds=30, policy=policy) as pool:
        result = pool.generate(wanted)
    assert len(result.outcomes) == 8
    for outcome in result.outcomes.values():
        assert isinstance(outcome, Generation)
        assert json.loads(outcome.text)["colour"] in ("red", "green")
    (row,) = result.report.endpoints
    assert set(row.faults) <= {"reset"}, "it may close a kept connection just as it is used"
    assert max(row.tokens_per_second_by_load) == SLOTS
