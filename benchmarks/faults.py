"""The fault table: runs the tests that inject faults over real HTTP, and prints a row for each.

    python -m benchmarks.faults

No figures of speed: the seconds are those of a whole test, with its servers. A test passes when
every request of its batch has exactly one outcome and the batch ended in bounded time.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.machine import machine_line

_FOLDER = Path("relgen_assets_tests/resources/llama_server_pool")
TESTS = (_FOLDER / "test_faults.py", _FOLDER / "test_processes.py")


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


def main() -> int:
    """Run the tests and print the table; the exit status is that of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *map(str, TESTS)]
        done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        print(machine_line(), "", sep="\n")
        print("| what happens | fault | outcome | s |", "|---|---|---|---|", sep="\n")
        for row in rows(report):
            print("|", " | ".join(row), "|")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
