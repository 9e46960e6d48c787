"""Killed at any moment, or raced by other processes: what was recorded stays, once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from relgen_assets_tests.resources.generation_ledger.conftest import Place
from relgen_assets_tests.resources.generation_ledger.samples import MODEL, a_request
from resources.errors import LedgerError

RECORDER = """
import sys
from relgen_assets_tests.resources.generation_ledger.samples import pairs
from resources.generation_ledger.ledger import GenerationLedger
ledger = GenerationLedger(url=sys.argv[1], password_env=sys.argv[2] or None)
ledger.engine
print("open", flush=True)
for number in range(int(sys.argv[3]), int(sys.argv[4])):
    ledger.record(pairs(number))
    print(number, flush=True)  # a reader of this number relies on the answer being kept
"""

HOLDER = """
import sys, time
from resources.generation_ledger.ledger import GenerationLedger
ledger = GenerationLedger(url=sys.argv[1], password_env=sys.argv[2] or None)
with ledger.lease("papers-00000"):
    print("held", flush=True)
    time.sleep(600)
"""


def process(program: str, place: Place, *arguments: object) -> subprocess.Popen[str]:
    words = [place.url, place.password_env or "", *map(str, arguments)]
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def read_lines(running: subprocess.Popen[str]) -> list[str]:
    assert running.stdout is not None
    return running.stdout.read().split()


def test_an_answer_reported_as_recorded_survives_a_crash(place: Place) -> None:
    moments = random.Random(4)
    for _ in range(2):
        known = len(list(place.open().entries()))
        running = process(RECORDER, place, known, 100_000)
        assert running.stdout is not None
        assert running.stdout.readline() == "open\n"
        time.sleep(moments.uniform(0.0, 0.3))
        running.send_signal(signal.SIGKILL)
        told = [int(word) for word in read_lines(running)]
        running.wait()
        kept = list(place.open().entries())
        # Every reported number, and at most the one in flight.
        assert len(told) <= len(kept) - known <= len(told) + 1
        requests = [a_request(number) for number in told]
        assert len(place.open().lookup(requests, MODEL)) == len(told)


def test_processes_that_record_the_same_answers_keep_each_once(place: Place) -> None:
    running = [process(RECORDER, place, first, first + 60) for first in (0, 30)]
    for one in running:
        assert read_lines(one)[0] == "open"
        assert one.wait() == 0
    entries = list(place.open().entries(superseded=True))
    assert sorted(entry.sampling.seed or 0 for entry in entries) == list(range(90))


def test_a_lease_is_held_by_one_at_a_time(place: Place) -> None:
    ledger = place.open()
    inside: list[int] = []
    together: list[int] = []

    def work(number: int) -> None:
        with ledger.lease("papers-00000"):
            inside.append(number)
            time.sleep(0.05)
            together.append(len(inside))
            inside.remove(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [1, 1, 1, 1]


def test_leases_of_different_names_do_not_wait(place: Place) -> None:
    with place.open().lease("a"), place.open().lease("b", wait_seconds=0):
        pass


def test_waiting_for_a_lease_is_reported_once_and_may_end(place: Place) -> None:
    told: list[str] = []
    with (
        place.open().lease("papers-00000"),
        pytest.raises(LedgerError, match="still working on papers-00000"),
        place.open().lease(
            "papers-00000", waiting=lambda: told.append("waiting"), wait_seconds=0.5
        ),
    ):
        pass
    assert told == ["waiting"]


def test_a_killed_holder_loses_its_lease(place: Place) -> None:
    _ = place.open().engine
    holder = process(HOLDER, place)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(LedgerError), place.open().lease("papers-00000", wait_seconds=0):
        pass
    holder.kill()
    holder.wait()
    with place.open().lease("papers-00000", wait_seconds=60):
        pass


def test_leases_leave_no_files(sqlite_place: Place) -> None:
    ledger = sqlite_place.open()
    with ledger.lease("a"):
        pass
    file = ledger.database.file
    assert file is not None
    assert list(file.with_name(f"{file.name}.leases").iterdir()) == []
