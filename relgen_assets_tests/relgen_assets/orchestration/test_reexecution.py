"""Re-execution from failure, as the button of Dagster's UI asks for it: through GraphQL."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from relgen_assets.orchestration.outage_retries import NO_RETRIES
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles, asked, write_project
from resources.generation_ledger.ledger import GenerationLedger

pytestmark = pytest.mark.timeout(300)

REPOSITORY = Path(__file__).parents[3]
KEY = "papers-00000"
PATIENCE_SECONDS = 120.0

# Runs execute in the web server, one after the other: neither a daemon nor further processes.
_INSTANCE = """
run_coordinator: {module: dagster._core.run_coordinator, class: DefaultRunCoordinator}
run_launcher:
  module: dagster._core.launcher.sync_in_memory_run_launcher
  class: SyncInMemoryRunLauncher
compute_logs: {module: dagster._core.storage.noop_compute_log_manager, class: NoOpComputeLogManager}
telemetry: {enabled: false}
"""
_RUN = "... on LaunchRunSuccess {run {runId}} ... on PythonError {message}"
_LAUNCH = f"mutation($params: ExecutionParams!) {{launchRun(executionParams: $params) {{{_RUN}}}}}"
_AGAIN = (
    "mutation($params: ReexecutionParams!)"
    f" {{launchRunReexecution(reexecutionParams: $params) {{{_RUN}}}}}"
)
_STATUS = "query($run: ID!) {runOrError(runId: $run) {... on Run {status}}}"


@pytest.fixture
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=1, decode=200.0) as running:
        yield running


@pytest.fixture
def web(tmp_path: Path, server: FakeLlamaServer) -> Iterator[str]:
    """The address of Dagster's web server on a project whose only server is `server`."""
    sections = '[pool]\noutage_timeout_seconds = 1\n[ledger]\nurl = "sqlite:///ledger.db"'
    write_project(tmp_path, articles(2), server, sections=sections)
    (tmp_path / "dagster.yaml").write_text(_INSTANCE, encoding="utf-8")
    workspace = (REPOSITORY / "workspace.yaml").read_text(encoding="utf-8")
    (tmp_path / "workspace.yaml").write_text(workspace, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "dagster_webserver", "--port", str(port)]
    environment = {**os.environ, "DAGSTER_HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY)}
    with (
        (tmp_path / "web.log").open("wb") as log,
        subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            _until(lambda: _answers(address) or process.poll() is not None)
            assert process.poll() is None, (tmp_path / "web.log").read_text()
            yield address
        finally:
            process.terminate()


def test_reexecution_from_failure_repeats_nothing_that_was_answered(
    web: str, server: FakeLlamaServer, tmp_path: Path
) -> None:
    tags = [{"key": key, "value": value} for key, value in NO_RETRIES.items()]
    params = {
        "selector": {
            "repositoryLocationName": "relgen",
            "repositoryName": "__repository__",
            "jobName": "batches",
        },
        "runConfigData": "{}",
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": KEY}, *tags]},
    }
    with ThreadPoolExecutor(1) as launcher:
        launched = launcher.submit(_ask, web, _LAUNCH, params=params)
        _until(lambda: len(asked(server)) >= 5)
        server.stop()
        first = launched.result(PATIENCE_SECONDS)["launchRun"]["run"]["runId"]
    assert _ask(web, _STATUS, run=first)["runOrError"]["status"] == "FAILURE"

    ledger = GenerationLedger(url=f"sqlite:///{tmp_path}/ledger.db")
    answered = {_question(entry.messages, entry.sampling.seed) for entry in ledger.entries()}
    ledger.close()
    assert len(answered) >= 4, "the summaries, and the first extractions"

    server.requests.clear()
    server.start()
    params = {"parentRunId": first, "strategy": "FROM_FAILURE"}
    again = _ask(web, _AGAIN, params=params)["launchRunReexecution"]["run"]["runId"]
    assert _ask(web, _STATUS, run=again)["runOrError"]["status"] == "SUCCESS"
    questions = [_question(body["messages"], body["seed"]) for body in asked(server)]
    assert questions
    assert len(questions) == len(set(questions))
    assert answered.isdisjoint(questions)


def _question(messages: Sequence[Mapping[str, Any]], seed: int | None) -> tuple[object, ...]:
    return seed, *(message["content"] for message in messages)


def _ask(address: str, query: str, **variables: object) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{address}/graphql",
        json.dumps({"query": query, "variables": variables}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:
        answer = json.load(response)
    assert "errors" not in answer, answer
    data: dict[str, Any] = answer["data"]
    return data


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/server_info", timeout=5):
            return True
    except OSError:
        return False


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)
