"""A signal ends a command, whatever the code that it meets does with it."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from relgen_assets.cli.interrupts import KEPT
from relgen_assets_tests.relgen_assets.cli.terminals import environment

COMMAND = """
import signal, sys, time
from relgen_assets.cli import interrupts
interrupts.listen()
try:
    {work}
except interrupts.Interrupted as stopped:
    {clean_up}
    sys.exit(stopped.report())
"""
SWALLOWED = """
    try:
        signal.raise_signal(signal.SIGTERM)
    except BaseException:
        pass
    time.sleep(60)
"""
FINALISED = """
    class Closed:
        def __del__(self):
            signal.raise_signal(signal.SIGTERM)
            time.sleep(0)
    Closed()
    time.sleep(60)
"""


def run(work: str, clean_up: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND.format(work=work, clean_up=clean_up)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


@pytest.mark.parametrize("work", [SWALLOWED, FINALISED], ids=["swallowed", "in a finaliser"])
def test_a_signal_that_was_lost_is_raised_again(work: str) -> None:
    ended = run(work)
    assert ended.returncode == 128 + signal.SIGTERM
    assert ended.stderr == f"{KEPT}\n"


def test_a_clean_up_that_hangs_is_cut_off() -> None:
    ended = run(
        "interrupts.LONGEST_CLEAN_UP = 1.0; signal.raise_signal(signal.SIGINT)", "time.sleep(60)"
    )
    assert ended.returncode == 128 + signal.SIGINT
    assert ended.stderr == f"{KEPT}\n"


def test_further_signals_do_not_disturb_the_clean_up() -> None:
    ended = run(
        "signal.raise_signal(signal.SIGINT)",
        "signal.raise_signal(signal.SIGINT); signal.raise_signal(signal.SIGTERM); print('clean')",
    )
    assert (ended.returncode, ended.stdout) == (128 + signal.SIGINT, "clean\n")


def test_a_signal_that_the_shell_ignores_stays_ignored() -> None:
    ignoring = "signal.signal(signal.SIGINT, signal.SIG_IGN); interrupts.listen()"
    ended = run(f"{ignoring}; signal.raise_signal(signal.SIGINT)")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_work_that_was_stopped_before_it_began_is_not_told() -> None:
    never = "coroutine = (lambda: asyncio.sleep(1))(); signal.raise_signal(signal.SIGINT)"
    ended = run(f"import asyncio; {never}", "del coroutine")
    assert ended.returncode == 128 + signal.SIGINT
    assert ended.stderr == f"{KEPT}\n"
