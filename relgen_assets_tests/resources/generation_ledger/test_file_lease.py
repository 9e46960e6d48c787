"""Leases of a SQLite ledger are file locks: they survive forks, and nothing else holds them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from relgen_assets_tests.resources.generation_ledger.conftest import Place
from resources.errors import LedgerError

FORKING_HOLDER = """
import os, sys
from resources.generation_ledger.ledger import GenerationLedger
ledger = GenerationLedger(url=sys.argv[1])
with ledger.lease("papers-00000"):
    if os.fork() == 0:
        sys.exit()  # leaves the block, as a forked worker does that unwinds
    os.wait()
    print("forked", flush=True)
    sys.stdin.read()
"""


def test_a_forked_child_that_ends_leaves_the_lease_to_its_parent(sqlite_place: Place) -> None:
    ledger = sqlite_place.open()
    _ = ledger.engine
    with subprocess.Popen(
        [sys.executable, "-c", FORKING_HOLDER, sqlite_place.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "forked\n"
        with (
            pytest.raises(LedgerError, match="papers-00000"),
            ledger.lease("papers-00000", wait_seconds=0),
        ):
            pass
        holder.communicate("")
    with ledger.lease("papers-00000", wait_seconds=0):
        pass
