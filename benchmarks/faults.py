"""The fault tables: runs the tests that do damage to real processes, and prints a row for each.

    python -m benchmarks.faults [--only pool|crash]

`pool` injects faults into servers over real HTTP: a test passes when every request of its batch has
exactly one outcome and the batch ended in bounded time. `crash` kills runs, servers and databases,
runs partitions twice at once, and damages what reconciliation has to find. No figures of speed: the
seconds are those of a whole test, with its servers.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.machine import machine_line

_POOL = Path("relgen_assets_tests/resources/llama_server_pool")
_GRAPH = Path("relgen_assets_tests/relgen_assets")
_LEDGER = Path("relgen_assets_tests/resources/generation_ledger")
GROUPS = {
    "pool": tuple(_POOL / f"test_{name}.py" for name in ("faults", "recovery", "processes")),
    "crash": (
        *(
            _GRAPH / f"test_{name}.py"
            for name in ("crash", "dead_runs", "asked_once", "conservation", "faithfulness")
        ),
        *(_LEDGER / f"test_{name}.py" for name in ("crash", "concurrency", "lease")),
    ),
}


def rows(report: Path) -> list[tuple[str, str, str, str]]:
    """Return fault, variant, outcome and seconds of every test in a JUnit report."""
    found: list[tuple[str, str, str, str]] = []
    for case in ElementTree.parse(report).iter("testcase"):
        name, _, variant = case.get("name", "").partition("[")
        outcome = next((part.tag for part in case if part.tag in _OUTCOMES), "passed")
        fault = name.removeprefix("test_").replace("_", " ")
        found.append((fault, variant.rstrip("]"), outcome, f"{float(case.get('time', 0)):.1f}"))
    return found


_OUTCOMES = ("failure", "error", "skipped")


def print_table(group: str) -> int:
    """Run the tests of a group and print their table; returns the exit status of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        tests = map(str, GROUPS[group])
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *tests]
        done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        print(machine_line(), "", sep="\n")
        print("| what happens | fault | outcome | s |", "|---|---|---|---|", sep="\n")
        for row in rows(report):
            print("|", " | ".join(row), "|")
        print(flush=True)
    return done.returncode


def main() -> int:
    """Print one table or both; the exit status is not 0 if a test failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(GROUPS))
    only = parser.parse_args().only
    return max(print_table(group) for group in GROUPS if only in (None, group))


if __name__ == "__main__":
    sys.exit(main())
