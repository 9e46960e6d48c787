"""`relgen` as people use it: in a process of its own, on a pseudo-terminal of 80 columns."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pyte

REPOSITORY = Path(__file__).parents[3]
COMMAND = [sys.executable, "-c", "from relgen_assets.cli import main; main()"]
COLUMNS, LINES = 80, 24


class Terminal:
    """A terminal in which one command runs.

    Attributes:
        text: Everything that was written to it, escape sequences included.
    """

    def __init__(self, folder: Path, arguments: tuple[str, ...]) -> None:
        self.text = ""
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.Stream(self._screen)
        self._process = pexpect.spawn(
            COMMAND[0],
            [*COMMAND[1:], *arguments],
            cwd=str(folder),
            env=environment(),
            dimensions=(LINES, COLUMNS),
            encoding="utf-8",
            preexec_fn=_hear_signals,
        )

    @property
    def pid(self) -> int:
        """The process id of the command."""
        return int(self._process.pid)

    @property
    def screen(self) -> str:
        """What a person sees now."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def wait_until(self, condition: Callable[[str], bool], seconds: float = 120.0) -> str:
        """Read until the screen is as wanted, and return it."""
        end = time.monotonic() + seconds
        while not condition(self.screen):
            assert time.monotonic() < end, f"not seen:\n{self.screen}"
            assert self._read(), f"ended too early:\n{self.screen}"
        return self.screen

    def press_ctrl_c(self) -> None:
        """Send an interrupt to the command and all its children, as a terminal does."""
        self._process.sendintr()

    def status(self, seconds: float = 120.0) -> int | None:
        """Wait for the end of the command; return its exit status."""
        end = time.monotonic() + seconds
        while self._read():
            assert time.monotonic() < end, f"still running:\n{self.screen}"
        self._process.close()
        status: int | None = self._process.exitstatus
        return status

    def _read(self) -> bool:
        """Read what is there; return whether more can come."""
        try:
            text = self._process.read_nonblocking(65_536, timeout=0.1)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.text += text
        self._stream.feed(text)
        return True

    def close(self) -> None:
        """End the command if it still runs."""
        self._process.close(force=True)


@contextmanager
def in_terminal(folder: Path, *arguments: str) -> Iterator[Terminal]:
    """Run `relgen` in a folder, on a terminal."""
    terminal = Terminal(folder, arguments)
    try:
        yield terminal
    finally:
        terminal.close()


def environment() -> dict[str, str]:
    """Return the environment of a person: this code, no instance chosen, an ordinary terminal."""
    own = {"PYTHONPATH": str(REPOSITORY), "TERM": "xterm-256color"}
    inherited = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    return {**inherited, **own}


def children(pid: int) -> list[int]:
    """Return the living child processes of a process."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        if int(fields[1]) == pid:
            found.append(int(status.parent.name))
    return found


_NOT_INHERITED = {"DAGSTER_HOME", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"}


def _hear_signals() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
