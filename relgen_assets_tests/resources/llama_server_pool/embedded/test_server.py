"""The embedded server: a real model answers, and no process survives, however a run ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path
from typing import Any

import pytest

from resources.errors import EmbeddedServerError
from resources.generation import GenerationRequest, Message, Sampling
from resources.llama_server_pool.embedded import model as embedded_model
from resources.llama_server_pool.embedded import server as embedded
from resources.llama_server_pool.embedded import shared as shared_server
from resources.llama_server_pool.endpoint import Dialect, Endpoint
from resources.llama_server_pool.servers.client import Completion, EndpointClient
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault


def _installed() -> bool:
    try:
        metadata.version(embedded_model.MODEL_WHEEL)
    except metadata.PackageNotFoundError:
        return False
    return util.find_spec(embedded.SERVER_MODULE) is not None


real_model = pytest.mark.skipif(
    not _installed(), reason="the extra `embedded` is not installed: no model to run"
)

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"entity": {"type": "string", "enum": ["ribosome", "telescope"]}},
    "required": ["entity"],
    "additionalProperties": False,
}
HOLDER = """
import sys, time
from pathlib import Path
from resources.llama_server_pool.embedded import shared
shared.acquire(Path(sys.argv[1]))
print(shared._shared.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """The server of this module, shared by its tests."""
    yield shared_server.acquire(tmp_path_factory.mktemp("logs"))
    shared_server.release()


def ask(config: Endpoint, text: str, schema: dict[str, Any] | None) -> Completion:
    request = GenerationRequest(
        subject="s",
        task="t",
        messages=(Message(role="user", content=text),),
        sampling=Sampling(temperature=0.0, max_tokens=40, seed=1),
        prompt_tokens=len(text) // 4,
        json_schema=schema,
    )

    async def work() -> Completion:
        client = EndpointClient(config)
        try:
            return await client.complete(request, lambda _: None, await client.discover())
        finally:
            await client.close()

    return asyncio.run(work())


def gone(pid: int, seconds: float = 10.0) -> bool:
    """Return whether a process ends within `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if _is_zombie(pid):
            return True
        time.sleep(0.05)
    return False


def _is_zombie(pid: int) -> bool:
    """Return whether a process has ended and only waits to be collected."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return state.stdout.strip().startswith("Z")


@real_model
def test_a_real_model_answers_within_the_schema(server: Endpoint) -> None:
    completion = ask(server, "Which one is in a cell? Answer with JSON.", SCHEMA)
    assert json.loads(completion.generation.text)["entity"] in ("ribosome", "telescope")
    assert completion.generation.model == "SmolLM2-135M-Instruct.Q8_0"
    assert completion.generation.completion_tokens > 3
    assert completion.decode_seconds > 0


@real_model
def test_it_is_recognised_and_reports_its_context(server: Endpoint) -> None:
    async def discover() -> None:
        client = EndpointClient(Endpoint.model_validate({"name": "e", "url": server.url}))
        try:
            facts = await client.discover()
            assert facts.dialect is Dialect.llama_cpp_python
            assert (facts.slots, facts.context) == (1, embedded.CONTEXT)
            assert facts.model == server.model
            assert (await client.try_schema(facts)).enforced
            assert await client.count_tokens("The cell divides.", facts) == 4
        finally:
            await client.close()

    asyncio.run(discover())


@real_model
def test_a_prompt_beyond_its_context_is_refused_not_cut(server: Endpoint) -> None:
    with pytest.raises(EndpointFault) as caught:
        ask(server, "word " * 9000, None)
    assert caught.value.disposition is Disposition.context
    assert caught.value.context == embedded.CONTEXT


@real_model
def test_all_holders_share_one_server_that_ends_with_the_last(tmp_path: Path) -> None:
    embedded_before = shared_server._holders
    first = shared_server.acquire(tmp_path)
    second = shared_server.acquire(tmp_path)
    assert first == second
    shared = shared_server._shared
    assert shared is not None
    pid = shared.pid
    assert pid is not None
    shared_server.release()
    assert shared.running
    shared_server.release()
    if embedded_before == 0:
        assert gone(pid)


@real_model
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_parent(tmp_path: Path, how: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        os.kill(pid, 0)  # it is alive
        parent.send_signal(how)
    assert gone(pid)


@real_model
def test_ctrl_c_in_the_terminal_is_for_the_parent_alone(server: Endpoint) -> None:
    shared = shared_server._shared
    assert shared is not None
    assert shared.pid is not None
    assert os.getpgid(shared.pid) != os.getpgid(0)
    assert shared.running


@real_model
def test_a_server_that_dies_at_the_start_shows_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no model at all")
    monkeypatch.setattr(embedded, "find_model", lambda: broken)
    server = embedded.EmbeddedServer(tmp_path)
    with pytest.raises(EmbeddedServerError, match="Failed to load model") as caught:
        server.start()
    assert "died" in str(caught.value)
    assert not server.running


@real_model
def test_a_server_that_died_meanwhile_is_noticed(tmp_path: Path) -> None:
    with embedded.EmbeddedServer(tmp_path) as server:
        server.check()
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        end = time.monotonic() + 10
        while server.running and time.monotonic() < end:
            time.sleep(0.05)
        with pytest.raises(EmbeddedServerError, match="died"):
            server.check()


def test_a_missing_model_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_model, "MODEL_WHEEL", "no-such-wheel")
    with pytest.raises(EmbeddedServerError, match=r"pip install -c constraints\.txt") as caught:
        embedded.EmbeddedServer(tmp_path).start()
    assert "no-such-wheel" in str(caught.value)


def test_a_missing_server_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "find_model", lambda: tmp_path / "model.gguf")
    monkeypatch.setattr(embedded, "SERVER_MODULE", "no_such_module")
    with pytest.raises(EmbeddedServerError, match=r"pip install -c constraints\.txt"):
        embedded.EmbeddedServer(tmp_path).start()


def test_a_log_folder_that_cannot_be_created_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "find_model", lambda: tmp_path / "model.gguf")
    monkeypatch.setattr(embedded, "SERVER_MODULE", "json")
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with pytest.raises(EmbeddedServerError, match="cannot be written") as caught:
        embedded.EmbeddedServer(in_the_way).start()
    assert str(in_the_way) in str(caught.value)


@real_model
def test_the_fast_copy_is_made_once_and_kept(tmp_path: Path) -> None:
    model = embedded_model.find_model()
    copy = embedded_model.fast_copy(model, tmp_path)
    assert copy.name == "SmolLM2-135M-Instruct.Q8_0.gguf"
    assert copy.read_bytes()[:4] == b"GGUF"
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]
    made = copy.stat().st_mtime_ns
    assert embedded_model.fast_copy(model, tmp_path) == copy
    assert copy.stat().st_mtime_ns == made


@real_model
def test_a_model_that_cannot_be_converted_is_served_as_it_is(tmp_path: Path) -> None:
    broken = tmp_path / "broken.Q4_1.gguf"
    broken.write_bytes(b"no model at all")
    assert embedded_model.fast_copy(broken, tmp_path / "cache") == broken
    assert not list((tmp_path / "cache").rglob("*.gguf*"))


@real_model
def test_without_a_place_for_the_copy_the_model_is_served_as_it_is(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    model = embedded_model.find_model()
    assert embedded_model.fast_copy(model, in_the_way) == model
