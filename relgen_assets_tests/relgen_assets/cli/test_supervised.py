"""A command that `relgen` looks after: it stops when asked, and takes its children along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from relgen_assets_tests.repository.tree import ROOT

PROGRAM = """
import sys
from pathlib import Path
from relgen_assets.cli.supervised import Stopped, stopping_signals, supervised
try:
    with stopping_signals(), supervised(["/bin/sh", "-c", sys.argv[1]], Path.cwd()) as child:
        print("ready", flush=True)
        child.wait()
except Stopped as stopped:
    sys.exit(stopped.status)
"""
SLEEPS = "sleep 600 & echo $! > grandchild; wait"
STUBBORN = 'trap "" TERM INT; ' + SLEEPS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_command_and_its_children(tmp_path: Path, number: int) -> None:
    process = start(tmp_path, SLEEPS)
    process.send_signal(number)
    assert process.wait(30) == 128 + number
    assert gone(grandchild(tmp_path))


def test_sigterm_is_heard_where_sigint_was_ignored(tmp_path: Path) -> None:
    process = start(tmp_path, SLEEPS, "/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh")
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None, "a command in the background ignores Ctrl-C"
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM
    assert gone(grandchild(tmp_path))


def test_a_second_signal_kills_a_command_that_does_not_stop(tmp_path: Path) -> None:
    process = start(tmp_path, STUBBORN)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 128 + signal.SIGINT
    assert gone(grandchild(tmp_path))


def start(folder: Path, script: str, *before: str) -> subprocess.Popen[str]:
    """Start a program that supervises a shell script; return when both run."""
    process = subprocess.Popen(
        [*before, sys.executable, "-c", PROGRAM, script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    deadline = time.monotonic() + 30
    while not (folder / "grandchild").is_file() or not (folder / "grandchild").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


def grandchild(folder: Path) -> int:
    return int((folder / "grandchild").read_text())


def gone(pid: int) -> bool:
    """Return whether a process has ended; a zombie nobody has waited for has."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
            os.kill(pid, 0)
        except (OSError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False
