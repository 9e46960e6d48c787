"""A run killed at any moment loses no generation, and the same command finishes the work."""

from __future__ import annotations

import json
import os
import queue
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from relgen_assets_tests.fakes.faults import FaultKind, ServerFault
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer, Recorded
from relgen_assets_tests.postgres import PASSWORD_VARIABLE, PostgresServer, postgres_server
from relgen_assets_tests.projects import articles
from resources.generation_ledger.ledger import GenerationLedger

__all__ = ["postgres_server"]

pytestmark = pytest.mark.timeout(600)

KILLS = 20
KILLS_PER_PROJECT = 5
SLOTS = 3
DECODE = 600.0
SEED = int(os.environ.get("CRASH_TEST_SEED", "20261122"))
LONGEST_RUN_SECONDS = 120.0
REPOSITORY = Path(__file__).parents[3]
MODULE = "relgen_assets_tests.relgen_assets.orchestration.forked_runs"
ARTICLES = 4
BATCHES = ("papers-00000", "papers-00001")
TABLES = ("raw_papers", "chunks", "summaries", "raw_extractions", "validated_extractions")
MEASURED = ("seconds",)
"""The columns that differ between two runs with the same answers."""

SETTINGS = """
[source]
kind = "files"
name = "papers"
path = "papers.jsonl"
columns = {{ id = "id" }}

[batches]
size = 2

[chunking]
tokens = 100
overlap = 20

[extractions]
mode = "quote"

[pool]
outage_timeout_seconds = {outage_timeout}
endpoints = [{{ name = "server", url = "{url}", slots = {slots} }}]

[ledger]
{ledger}
"""

PROBES = ("Name a colour, as JSON.", "Count from one to twenty in words.")

Key = tuple[str, int]
"""What identifies a generation: the messages sent, and the seed."""


class Forks:
    """Runs of `relgen run` in processes that can be killed; see `forked_runs`."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()
        assert self._lines.get(timeout=LONGEST_RUN_SECONDS) == "ready"

    def _listen(self) -> None:
        assert self._parent.stdout is not None
        for line in self._parent.stdout:
            self._lines.put(line.strip())

    def start(self, folder: Path, *arguments: str, **variables: str) -> int:
        """Start a run in a project folder; returns the id of its process."""
        assert self._parent.stdin is not None
        order = {"folder": str(folder), "arguments": arguments, "variables": variables}
        self._parent.stdin.write(json.dumps(order) + "\n")
        self._parent.stdin.flush()
        return int(self._lines.get(timeout=LONGEST_RUN_SECONDS))

    def wait(self, seconds: float = LONGEST_RUN_SECONDS) -> int | None:
        """Return the exit status of the run, or `None` if it takes longer."""
        try:
            return int(self._lines.get(timeout=seconds))
        except queue.Empty:
            return None

    def kill(self, process: int) -> None:
        """Kill the run."""
        os.kill(process, signal.SIGKILL)
        assert self.wait() == -signal.SIGKILL

    def run(self, folder: Path, *arguments: str, **variables: str) -> int:
        """Run to the end; returns the exit status."""
        self.start(folder, *arguments, **variables)
        status = self.wait()
        assert status is not None, output(folder)
        return status

    def close(self) -> None:
        self._parent.communicate(timeout=LONGEST_RUN_SECONDS)


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    running = Forks()
    yield running
    running.close()


@pytest.fixture
def server() -> Iterator[FakeLlamaServer]:
    with FakeLlamaServer(slots=SLOTS, decode=DECODE) as running:
        yield running


def write_project(
    folder: Path,
    server: FakeLlamaServer,
    *,
    ledger: str = "",
    outage_timeout: float = 30,
    count: int = ARTICLES,
) -> Path:
    """Write a project of batches of two articles."""
    folder.mkdir()
    rows = articles(count)
    (folder / "papers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "relgen.toml").write_text(
        SETTINGS.format(url=server.url, slots=SLOTS, ledger=ledger, outage_timeout=outage_timeout)
    )
    return folder


def output(folder: Path) -> str:
    return (folder / "output.txt").read_text()


def key_of(messages: Sequence[Any], seed: int | None) -> Key:
    return json.dumps([(one["role"], one["content"]) for one in messages]), seed or 0


def asked(requests: Sequence[Recorded]) -> list[Key]:
    return [key_of(one.body["messages"], one.body.get("seed")) for one in requests]


def answered(requests: Sequence[Recorded]) -> list[Key]:
    return asked([one for one in requests if one.outcome == "answered"])


def work_of(keys: Sequence[Key]) -> list[Key]:
    """Leave out the trials, which the pool sends before it gives a server work."""
    return [key for key in keys if not any(probe in key[0] for probe in PROBES)]


def kept(ledger: GenerationLedger) -> set[Key]:
    try:
        return {key_of(one.messages, one.sampling.seed) for one in ledger.entries()}
    finally:
        ledger.close()


def kept_in_file(folder: Path, scratch: Path) -> set[Key]:
    """Return the contents of a killed run's ledger; reads a copy, so that nothing changes."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    for suffix in ("", "-wal"):
        file = folder / ".relgen" / f"ledger.db{suffix}"
        if file.exists():
            shutil.copy(file, scratch)
    return kept(GenerationLedger(url=f"sqlite:///{scratch}/ledger.db", password_env=None))


def files(folder: Path) -> set[str]:
    """Return the tables, shards and the card; leftovers of killed writers are hidden files."""
    found = [path for part in ("data", "dataset") for path in (folder / part).rglob("*")]
    return {
        str(path.relative_to(folder))
        for path in found
        if path.is_file() and not (path.name.startswith(".") and path.name.endswith(".tmp"))
    }


def table(folder: Path, asset: str, batch: str) -> pa.Table:
    whole = pq.read_table(folder / "data" / asset / f"{batch}.parquet")
    return whole.drop_columns([name for name in MEASURED if name in whole.column_names])


def assert_same(folder: Path, undisturbed: Path, cache: Path) -> None:
    """Assert that a disturbed run has the tables, shards and card of an undisturbed one."""
    assert files(folder) == files(undisturbed)
    for batch in BATCHES:
        for asset in TABLES:
            assert table(folder, asset, batch).equals(table(undisturbed, asset, batch)), asset
        chunks = table(folder, "chunks", batch).column("chunk_id").to_pylist()
        for asset in ("raw_extractions", "validated_extractions"):
            assert table(folder, asset, batch).column("chunk_id").to_pylist() == chunks
    loaded, expected = (
        datasets.load_dataset(str(one / "dataset"), "full", cache_dir=str(cache / one.name))
        for one in (folder, undisturbed)
    )
    assert {name: split.to_list() for name, split in loaded.items()} == {
        name: split.to_list() for name, split in expected.items()
    }


def child_of(process: int) -> int:
    """Return the only child of a process: the server that it started."""
    listed = subprocess.run(
        ["ps", "-axo", "pid=,ppid="], check=True, capture_output=True, text=True
    )
    pairs = (map(int, line.split()) for line in listed.stdout.splitlines())
    (child,) = [pid for pid, parent in pairs if parent == process]
    return child


def asked_of_embedded(folder: Path) -> int:
    """Return the number of completions in the embedded server's log."""
    logs = (folder / ".relgen" / "logs").glob("*.log")
    return sum(log.read_text().count("POST /v1/chat/completions") for log in logs)


def assert_nothing_known_was_asked(requests: Sequence[Recorded], known: set[Key]) -> None:
    repeated = [key for key in asked(requests) if key in known]
    assert not repeated, f"{len(repeated)} generations were known and asked again: {repeated[0]}"


def assert_redone_at_most(requests: Sequence[Recorded], most: int) -> None:
    """Assert that at most `most` answers were given twice: those in flight at an interruption."""
    counts = Counter(work_of(answered(requests)))
    redone = sum(count - 1 for count in counts.values())
    assert redone <= most, f"{redone} answers redone"


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, forks: Forks
) -> Iterator[tuple[Path, float]]:
    """A project that was run without interruption, and the seconds that it took."""
    with FakeLlamaServer(slots=SLOTS, decode=DECODE) as server:
        folder = write_project(tmp_path_factory.mktemp("crash") / "undisturbed", server)
        began = time.monotonic()
        assert forks.run(folder) == 0, output(folder)
        yield folder, time.monotonic() - began


def test_a_run_killed_at_any_moment_loses_nothing_and_repeats_nothing(
    tmp_path: Path, forks: Forks, undisturbed: tuple[Path, float]
) -> None:
    print(f"CRASH_TEST_SEED={SEED}")
    expected, length = undisturbed
    other = Forks()
    try:
        with ThreadPoolExecutor() as beside:  # half of the kills each, on servers of their own
            halves = [
                beside.submit(kill_at_random, tmp_path / f"{number}", one, length, SEED + number)
                for number, one in enumerate((forks, other))
            ]
            lives = [life for half in halves for life in half.result()]
    finally:
        other.close()
    for life in lives:
        assert_same(life, expected, tmp_path / "cache")


def kill_at_random(folder: Path, forks: Forks, length: float, seed: int) -> list[Path]:
    """Kill runs of `length` seconds at random moments, and examine what is left after each.

    Returns:
        The projects; each was completed after its last kill.
    """
    folder.mkdir()
    draw = random.Random(seed)
    lives: list[Path] = []
    kills = 0
    with FakeLlamaServer(slots=SLOTS, decode=DECODE) as server:
        while kills < KILLS // 2:
            life = write_project(folder / f"life-{len(lives)}", server)
            began = time.monotonic()
            most = min(KILLS_PER_PROJECT, KILLS // 2 - kills)
            deaths = live(life, forks, server, most, length, draw)
            if not deaths:  # the moment came too late: the machine is quicker than it was
                length = time.monotonic() - began
            kills += deaths
            lives.append(life)
    return lives


def live(
    life: Path, forks: Forks, server: FakeLlamaServer, most: int, length: float, draw: random.Random
) -> int:
    """Run a project to its end, kill it at most `most` times; returns the number of kills."""
    first, deaths = len(server.requests), 0
    known: set[Key] = set()
    while True:
        seen = len(server.requests)
        process = forks.start(life)
        doomed = deaths < most
        moment = draw.uniform(0, length) if doomed else LONGEST_RUN_SECONDS
        status = forks.wait(moment)
        if status is None:
            assert doomed, output(life)
            forks.kill(process)
        assert server.wait_idle()
        assert_nothing_known_was_asked(server.requests[seen:], known)
        if status is not None:
            break
        deaths += 1
        before, known = known, kept_in_file(life, life.with_name(f"{life.name}-copy"))
        assert before <= known, "a recorded generation is gone"
        in_flight = set(work_of(answered(server.requests[first:]))) - known
        assert len(in_flight) <= SLOTS
        print(
            f"{life.name}: killed after {moment:.2f} of {length:.2f} s, {len(known)}"
            f" generations kept, {len(in_flight)} answered and not yet recorded"
        )
    assert status == 0, output(life)
    assert_redone_at_most(server.requests[first:], deaths * SLOTS)
    return deaths


def test_a_killed_run_goes_on_with_the_same_dagster_instance(
    tmp_path: Path, forks: Forks, server: FakeLlamaServer, undisturbed: tuple[Path, float]
) -> None:
    folder = write_project(tmp_path / "project", server)
    shutil.copy(REPOSITORY / "dagster.yaml", folder)
    for answers in (1, 8):
        process = forks.start(folder)
        assert server.wait_until(lambda: len(answered(server.requests)) > answers, 100)  # noqa: B023
        forks.kill(process)
    assert forks.run(folder) == 0, output(folder)
    assert_redone_at_most(server.requests, 2 * SLOTS)
    assert_same(folder, undisturbed[0], tmp_path / "cache")


def test_a_server_that_is_killed_and_comes_back_costs_only_what_it_was_doing(
    tmp_path: Path, forks: Forks, server: FakeLlamaServer, undisturbed: tuple[Path, float]
) -> None:
    folder = write_project(tmp_path / "project", server)
    forks.start(folder)
    for answers in (1, 6, 12):
        assert server.wait_until(lambda: len(answered(server.requests)) > answers, 100)  # noqa: B023
        server.stop()
        server.start()
    assert forks.wait() == 0, output(folder)
    assert_redone_at_most(server.requests, 3 * SLOTS)
    assert_same(folder, undisturbed[0], tmp_path / "cache")


def test_the_embedded_server_is_killed_and_the_next_run_asks_only_what_is_missing(
    tmp_path: Path, forks: Forks
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    rows = articles(1, sentences=6)
    (folder / "papers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = SETTINGS.format(url="", slots=1, ledger="", outage_timeout=30)
    settings = settings.replace("[extractions]", "[extractions]\nmax_tokens = 96")
    short = "[summaries]\nmax_tokens = 120\n"
    (folder / "relgen.toml").write_text(short + re.sub(r"endpoints = .*", "", settings))
    run = forks.start(folder)
    known: set[Key] = set()
    deadline = time.monotonic() + 2 * LONGEST_RUN_SECONDS  # a real model on a busy machine
    while not any("You choose what a section" in messages for messages, _ in known):
        assert time.monotonic() < deadline, output(folder)
        time.sleep(0.2)
        known = kept_in_file(folder, tmp_path / "copy")
    os.kill(child_of(run), signal.SIGKILL)
    assert forks.wait(2 * LONGEST_RUN_SECONDS) == 1, output(folder)
    assert "the embedded server died" in output(folder)
    assert "Traceback" not in output(folder)

    known = kept_in_file(folder, tmp_path / "copy")
    asked_before = asked_of_embedded(folder)
    assert forks.run(folder) == 0, output(folder)
    after = kept_in_file(folder, tmp_path / "copy")
    assert known < after
    trial = 1  # every summary is known, so that only the extractions have one
    assert asked_of_embedded(folder) - asked_before == len(after) - len(known) + trial
    chunks = table(folder, "chunks", BATCHES[0]).column("chunk_id").to_pylist()
    judged = table(folder, "validated_extractions", BATCHES[0])
    assert judged.column("chunk_id").to_pylist() == chunks


def test_a_database_that_is_killed_and_comes_back_loses_no_answer(
    tmp_path: Path,
    forks: Forks,
    server: FakeLlamaServer,
    undisturbed: tuple[Path, float],
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, postgres_server.password)
    url = postgres_server.url(postgres_server.create_database())
    ledger = f'url = "{url}"\npassword_env = "{PASSWORD_VARIABLE}"'
    folder = write_project(tmp_path / "project", server, ledger=ledger)
    forks.start(folder, **{PASSWORD_VARIABLE: postgres_server.password})
    for answers in (3, 10):
        assert server.wait_until(lambda: len(answered(server.requests)) > answers, 100)  # noqa: B023
        postgres_server.kill()
        postgres_server.start()
    assert forks.wait() == 0, output(folder)
    assert_redone_at_most(server.requests, 0)
    kept_rows = kept(GenerationLedger(url=url, password_env=PASSWORD_VARIABLE))
    assert set(work_of(answered(server.requests))) == kept_rows
    assert_same(folder, undisturbed[0], tmp_path / "cache")


def test_a_batch_that_fails_fails_alone_and_is_caught_up_on(
    tmp_path: Path, forks: Forks, server: FakeLlamaServer
) -> None:
    folder = write_project(tmp_path / "project", server, outage_timeout=1, count=6)
    server.fail_always(
        ServerFault(FaultKind.reset), when=lambda body: "Observation 2." in str(body["messages"])
    )
    assert forks.run(folder) == 1
    printed = output(folder)
    assert "1 of 3 batches failed: papers-00001" in printed
    assert "relgen run --missing" in printed
    first, second, third = (f"papers-{number:05d}.parquet" for number in range(3))
    written = files(folder)
    assert {f"data/validated_extractions/{name}" for name in (first, third)} <= written
    assert not any(name.endswith(second) and "validated" in name for name in written)
    assert "dataset/README.md" in written
    assert not any(".tmp" in path.name for path in folder.rglob("*"))

    server.heal()
    seen = len(server.requests)
    assert forks.run(folder, "--missing") == 0, output(folder)
    again = " ".join(str(key) for key in work_of(asked(server.requests[seen:])))
    assert "Observation 2." in again
    assert not any(f"Observation {number}." in again for number in (0, 1, 4, 5))
    assert f"data/validated_extractions/{second}" in files(folder)

    # Validated, but not in the dataset, as after a kill or on a full disk: caught up on as well.
    complete, seen = files(folder), len(server.requests)
    next((folder / "dataset").rglob(third)).unlink()
    assert forks.run(folder, "--missing") == 0, output(folder)
    assert files(folder) == complete
    assert not work_of(asked(server.requests[seen:]))


@pytest.mark.parametrize(
    ("ledger", "message"),
    [
        ("", "ledger.db"),
        (f'password_env = "{PASSWORD_VARIABLE}"', "a SQLite file has no password"),
    ],
    ids=["damaged", "with a password"],
)
def test_a_ledger_that_cannot_be_opened_fails_the_run_with_what_to_do(
    tmp_path: Path, forks: Forks, server: FakeLlamaServer, ledger: str, message: str
) -> None:
    folder = write_project(tmp_path / "project", server, ledger=ledger, count=2)
    (folder / ".relgen").mkdir()
    (folder / ".relgen" / "ledger.db").write_bytes(b"This is not a database." * 400)
    assert forks.run(folder, **{PASSWORD_VARIABLE: "secret-word"}) == 1
    assert message in output(folder)
    assert "Traceback" not in output(folder)
    assert "secret-word" not in output(folder)
    assert not server.requests
