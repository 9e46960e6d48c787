"""Runs in several processes, and servers that are stopped and continued."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from relgen_assets_tests.fakes.llama_server import FakeLlamaServer, Recorded
from relgen_assets_tests.resources.llama_server_pool.pools import (
    HURRIED,
    MODEL,
    echo,
    is_question,
    ledger_at,
    pool_of,
    questions,
)
from relgen_assets_tests.resources.llama_server_pool.waiting import wait_for
from resources.errors import EmbeddedServerError
from resources.generation import Generation, Sampling
from resources.llama_server_pool.embedded import shared
from resources.llama_server_pool.embedded.server import EmbeddedServer
from resources.progress import BOARD

pytestmark = pytest.mark.timeout(180)


def start_run(
    folder: Path, server: FakeLlamaServer, first: int, last: int
) -> subprocess.Popen[bytes]:
    """Start a run in a process of its own."""
    module = "relgen_assets_tests.resources.llama_server_pool.run_batch"
    numbers = [str(server.slots), str(first), str(last)]
    return subprocess.Popen([sys.executable, "-m", module, str(folder), server.url, *numbers])


def asked(server: FakeLlamaServer, first: int, last: int) -> list[Recorded]:
    """Return the requests for the questions from `first` to before `last`."""
    wanted = {f"question {number}" for number in range(first, last)}
    return [one for one in server.requests if one.body["messages"][-1]["content"] in wanted]


def test_two_runs_share_a_server_and_one_is_killed(tmp_path: Path) -> None:
    with FakeLlamaServer(slots=4, answer=echo, decode=100.0) as server:
        ledger = ledger_at(tmp_path / "ledger.db")
        ledger.lookup(questions(1), MODEL)  # creates the tables before two processes need them
        doomed = start_run(tmp_path, server, 0, 400)
        other = start_run(tmp_path, server, 400, 440)
        try:
            assert wait_for(
                lambda: len(asked(server, 0, 400)) >= 8 and len(asked(server, 400, 440)) >= 8, 90
            )
            doomed.send_signal(signal.SIGKILL)
            assert other.wait(90) == 0
        finally:
            for process in (doomed, other):
                process.kill()
                process.wait()
        assert server.peak <= 4, "more requests in flight than slots"
        done = ledger.lookup(questions(440)[400:], MODEL)
        assert len(done) == 40
        # Nothing is asked twice except at the end of the batch, where hedges race.
        assert len(asked(server, 400, 440)) <= 40 + 4

        answered = sum(one.outcome == "answered" for one in asked(server, 0, 400))
        kept = len(ledger.lookup(questions(400), MODEL))
        assert answered - 8 <= kept <= answered, "answers of the killed run were lost"
        with pool_of(tmp_path, server) as pool:
            server.decode = 5000.0
            result = pool.generate(questions(60))
            assert result.report.from_ledger == min(kept, len(ledger.lookup(questions(60), MODEL)))
            assert all(isinstance(one, Generation) for one in result.outcomes.values())
        ledger.close()


def test_two_runs_get_the_same_share_of_a_server(tmp_path: Path) -> None:
    with FakeLlamaServer(slots=4, answer=echo, decode=100.0) as server:
        with pool_of(tmp_path, server) as one, pool_of(tmp_path, server) as other:
            runs = [
                threading.Thread(target=pool.generate, args=(questions(last)[first:],))
                for pool, first, last in ((one, 0, 60), (other, 100, 160))
            ]
            for run in runs:
                run.start()
            assert wait_for(lambda: len(server.requests) >= 70, 60)
            shares = [len(asked(server, 0, 60)), len(asked(server, 100, 160))]
            for run in runs:
                run.join()
        assert server.peak <= 4
        assert min(shares) >= 15, shares
        assert sum(is_question(request.body) for request in server.requests) <= 120 + 8


def test_a_real_server_that_is_stopped_and_continued_loses_nothing(tmp_path: Path) -> None:
    policy = replace(HURRIED, first_token_floor=5.0, stall_floor=2.0, trial_timeout=60.0)
    requests = questions(6, sampling=Sampling(temperature=0.8, max_tokens=24), prompt_tokens=40)
    answered = threading.Event()
    leave = BOARD.subscribe(lambda task: answered.set() if task.done else None)
    with EmbeddedServer(tmp_path / "logs") as server:
        assert server.config is not None
        pid = server.pid
        assert pid is not None

        def stop_and_continue() -> None:
            answered.wait(60)
            os.kill(pid, signal.SIGSTOP)
            time.sleep(8)
            os.kill(pid, signal.SIGCONT)

        accident = threading.Thread(target=stop_and_continue)
        accident.start()
        with pool_of(
            tmp_path, server.config, policy=policy, model=None, outage_timeout_seconds=60
        ) as pool:
            result = pool.generate(requests)
        accident.join()
    leave()
    assert len(result.outcomes) == 6
    assert all(isinstance(one, Generation) for one in result.outcomes.values())
    assert result.report.endpoints[0].faults, "the stop was not noticed"


def test_the_death_of_the_embedded_server_is_reported_with_the_end_of_its_log(
    tmp_path: Path,
) -> None:
    policy = replace(HURRIED, probe_timeout=30.0, trial_timeout=60.0)
    with pool_of(
        tmp_path,
        policy=policy,
        model=None,
        outage_timeout_seconds=1.0,
        log_dir=str(tmp_path / "logs"),
    ) as pool:
        assert [one.answers for one in pool.describe()] == [True]
        server = shared._shared
        assert server is not None
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(EmbeddedServerError, match="died"):
            pool.generate(questions(2))
