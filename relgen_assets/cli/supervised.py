"""A command of Dagster that runs as long as `relgen` does, and ends with all of its children.

Dagster's own commands ignore SIGTERM where they inherit an ignored SIGINT, as from a shell that
started them in the background, and leave children behind when they are killed. So the command gets
a process group of its own, with signals as usual, and is told to stop by `relgen`.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO

from relgen_assets.cli.interrupts import STATUS_OF_SIGNALS

STOP_SECONDS = 75.0
"""Dagster gives its services a minute to stop."""


class Stopped(BaseException):
    """A signal asks this process to stop; no error, so no handler of errors catches it.

    Attributes:
        status: Exit status by which shells know the signal.
        again: Whether it is not the first one, so that nothing more should be waited for.
    """

    def __init__(self, number: int, *, again: bool) -> None:
        self.status = STATUS_OF_SIGNALS + number
        self.again = again
        super().__init__(number)


@contextmanager
def stopping_signals() -> Iterator[None]:
    """Raise `Stopped` on SIGTERM, and on SIGINT unless it was ignored when the command started.

    Child processes get neither an ignored signal nor a handler.
    """
    came = 0

    def stop(number: int, _: FrameType | None) -> None:
        nonlocal came
        came += 1
        raise Stopped(number, again=came > 1)

    def ignore(_number: int, _: FrameType | None) -> None:
        """Do nothing; unlike SIG_IGN, child processes do not inherit it."""

    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    former = {
        signal.SIGINT: signal.signal(signal.SIGINT, ignore if ignored else stop),
        signal.SIGTERM: signal.signal(signal.SIGTERM, stop),
    }
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextmanager
def supervised(
    command: Sequence[str],
    folder: Path,
    log: IO[bytes] | None = None,
    *,
    inherits: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the block ends; within `stopping_signals`.

    Then it is asked to stop, and killed with its children if it takes too long. A second signal
    kills it at once.

    Args:
        command: The command and its arguments.
        folder: Its working folder.
        log: Where its output goes; by default to the terminal.
        inherits: File descriptors that stay open in it.
    """
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        process_group=0,
        pass_fds=inherits,
    )
    patience = STOP_SECONDS
    try:
        yield process
    except Stopped as stopped:
        patience = 0.0 if stopped.again else STOP_SECONDS
        raise
    finally:
        try:
            process.terminate()
            process.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        finally:
            with suppress(ProcessLookupError):  # nothing is left of the group
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
