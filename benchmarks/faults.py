"""The fault tables: runs the tests that damage real processes, and prints a row for each.

    python -m benchmarks.faults [--only pool|crash]

`pool` injects faults into servers over real HTTP: a test passes when every request of its batch has
exactly one outcome and the batch ends in bounded time. `crash` kills runs, servers and databases,
runs partitions twice at once, and damages what reconciliation and lineage have to find. The seconds
are those of a whole test with its servers; they say nothing of speed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.machine import machine_line

_TESTS = Path(__file__).parents[1] / "relgen_assets_tests"
_POOL = _TESTS / "resources" / "llama_server_pool"
_LEDGER = _TESTS / "resources" / "generation_ledger"
_PROJECT = _TESTS / "relgen_assets"
GROUPS = {
    "pool": (
        _POOL / "dispatch" / "test_faults.py",
        _POOL / "health" / "test_recovery.py",
        _POOL / "embedded" / "test_processes.py",
    ),
    "crash": (
        *(
            _PROJECT / "orchestration" / f"test_{name}.py"
            for name in ("crash", "dead_runs", "asked_once")
        ),
        *(_PROJECT / "integrity" / f"test_{name}.py" for name in ("reconciliation", "lineage")),
        *(
            _LEDGER / f"test_{name}.py"
            for name in ("crash", "concurrency", "lease", "file_lease", "slot_leases")
        ),
    ),
}
"""The test files of each table."""


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
        # In one process: tests beside each other would be measured with their neighbours.
        options = ("-q", "-n", "0", f"--junitxml={report}")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *tests],
            check=False,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_TESTS.parent,
        )
        if not report.is_file():
            raise RuntimeError(f"pytest wrote no report:\n{done.stdout}")
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
