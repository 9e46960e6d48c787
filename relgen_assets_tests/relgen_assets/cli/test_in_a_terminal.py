"""A run on a terminal, with the shipped instance: what moves, and how it is stopped."""

from __future__ import annotations

import math
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from relgen_assets.cli.interrupts import KEPT
from relgen_assets.orchestration.runs import opened_instance
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.projects import articles, asked, write_project
from relgen_assets_tests.relgen_assets.cli.terminals import (
    COMMAND,
    REPOSITORY,
    children,
    environment,
    in_terminal,
)


@pytest.fixture
def server() -> Iterator[FakeLlamaServer]:
    """A server that takes seconds for a chunk."""
    with FakeLlamaServer(slots=2, decode=150.0) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: FakeLlamaServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one batch of three articles."""
    shutil.copy(REPOSITORY / "dagster.yaml", tmp_path)
    write_project(tmp_path, articles(3), server)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def extractions(screen: str) -> int:
    """Return the finished extractions that the bar shows; -1 without a bar."""
    found = re.search(r"raw_extractions .* (\d+)/\d+", screen)
    return int(found[1]) if found else -1


def test_the_bar_moves_during_a_batch_and_two_ctrl_c_stop_it_with_one_line(
    folder: Path, server: FakeLlamaServer
) -> None:
    with in_terminal(folder, "run") as terminal:
        terminal.wait_until(lambda screen: "loading" in screen, 10)
        early = extractions(terminal.wait_until(lambda screen: extractions(screen) >= 1))
        head = re.compile(r"batches +─+ +0/1 .* eta \d+:\d\d")
        screen = terminal.wait_until(
            lambda screen: bool(extractions(screen) >= early + 2 and head.match(screen))
        )
        extraction, endpoint = screen.splitlines()[1:3]
        assert re.search(r"[\d.]+/s +\d+ tok/s +\d:\d\d +eta \d:\d\d", extraction)
        assert re.match(r" +gpu-0 +2/2 +[\d.]+ tok/s +(ready|on trial)", endpoint)

        terminal.press_ctrl_c()
        terminal.press_ctrl_c()
        assert terminal.status() == 128 + signal.SIGINT
        assert terminal.screen.splitlines()[-1] == KEPT
        assert terminal.text.count(KEPT) == 1
        assert "Traceback" not in terminal.text
        assert not children(terminal.pid)
    assert statuses(folder) == [dg.DagsterRunStatus.FAILURE]

    server.decode = math.inf
    goes_on = piped(folder, "run")
    output, errors = goes_on.communicate(timeout=200)
    assert goes_on.returncode == 0
    assert 'load_dataset("dataset", "prompt_completion")' in output
    assert "Traceback" not in errors
    assert " from the ledger" in errors
    of_assets = asked(server)
    questions = [
        (str(one.body["messages"]), one.body["seed"])
        for one in server.requests
        if one.outcome == "answered" and one.body in of_assets
    ]
    assert len(questions) == len(set(questions)), "nothing was asked twice"


def test_sigterm_stops_a_piped_run_with_its_own_status(folder: Path) -> None:
    process = piped(folder, "run")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("raw_extractions: 0/"):
            break
    process.terminate()
    output, errors = process.communicate(timeout=200)
    assert process.returncode == 128 + signal.SIGTERM
    assert errors.splitlines()[-1] == KEPT
    assert "Traceback" not in errors
    assert output == ""
    assert statuses(folder) == [dg.DagsterRunStatus.FAILURE]


@pytest.mark.parametrize("command", ["run", "check", "ledger stats"])
def test_ctrl_c_is_heard_while_a_command_loads(folder: Path, command: str) -> None:
    process = piped(folder, *command.split())
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.4)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=200)
    assert process.returncode == 128 + signal.SIGINT
    assert (output, errors) == ("", f"{KEPT}\n")


def piped(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start `relgen` with its output in pipes."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def statuses(folder: Path) -> list[dg.DagsterRunStatus]:
    with opened_instance(folder) as instance:
        return [run.status for run in instance.get_runs()]
