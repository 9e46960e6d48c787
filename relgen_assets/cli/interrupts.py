"""Ctrl-C and SIGTERM: the first ends the command in an orderly way, further ones change nothing.

`Interrupted` unwinds the command: batches close their connections and write the answers that have
arrived, Dagster records the run as failed, and servers that were started are stopped. That takes
seconds. If it takes longer, e.g. on a disk that hangs, the process ends anyway: the ledger survives
that, and the next command reports the run as failed.

Only the standard library is imported here, so that signals are heard from the start.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import warnings
from contextlib import suppress
from types import FrameType

LONGEST_CLEAN_UP = 30.0
"""Seconds after which an interrupted command ends although its clean-up has not."""

_LOOK = 0.5
_LOOKS = 4
"""An interrupt is lost if it is not being handled at `_LOOKS` looks, `_LOOK` seconds apart."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)
STATUS_OF_SIGNALS = 128
"""Exit statuses of interrupted commands are this plus the signal, as shells have it."""
_received: Interrupted | None = None
KEPT = "Stopped. Finished answers are kept: the same command continues from here."


class Interrupted(BaseException):
    """The command was stopped by a signal.

    Not a `KeyboardInterrupt`: Dagster takes that in a step as a reason to apply its retry policy.

    Args:
        number: The signal.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"{signal.Signals(number).name}: {KEPT}")

    def report(self) -> int:
        """Print what is kept and how to go on; return the exit status of the command."""
        close_output()
        with suppress(OSError):
            print(KEPT, file=sys.stderr, flush=True)
        return STATUS_OF_SIGNALS + self.number


def listen() -> None:
    """Raise `Interrupted` in the main thread at the first SIGINT or SIGTERM.

    A signal that the caller ignores, as shells do for background jobs, stays ignored.
    """
    global _received
    handler, _received = _Handler(), None
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
    sys.unraisablehook = _unraisable


def received() -> Interrupted | None:
    """Return the interrupt of this command, if a signal has arrived."""
    return _received


def interrupt_behind(error: BaseException | None) -> Interrupted | None:
    """Return the interrupt during whose clean-up an error was raised, if there is one."""
    while error is not None and not isinstance(error, Interrupted):
        error = error.__context__
    return error


def ignore_further() -> None:
    """Ignore signals while the process ends: all work is done."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def close_output() -> None:
    """Write nothing more to standard output, not even at shutdown: its reader may be gone."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Handler:
    """The handler of both signals: raises for the first, and sees to it that this takes effect."""

    def __init__(self) -> None:
        self._first: int | None = None
        self._again = False

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        global _received
        if self._first is None:
            self._first, _received = number, Interrupted(number)
            logging.lastResort = logging.NullHandler()  # libraries tell of connections cut off
            # Python tells of work that was handed over and stopped before it began.
            warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
            threading.Thread(target=self._see_to_the_end, args=(number,), daemon=True).start()
        elif not self._again:
            return
        self._again = False
        raise Interrupted(self._first)

    def _see_to_the_end(self, number: int) -> None:
        """Raise again if the error was lost, and end the process if the clean-up does not end.

        Python drops an error that meets a finaliser or a callback, e.g. of a database connection.
        """
        main = threading.main_thread().ident or 0
        end, lost = time.monotonic() + LONGEST_CLEAN_UP, 0
        while time.monotonic() < end:
            time.sleep(_LOOK)
            lost = 0 if _is_handled(main) else lost + 1
            if lost >= _LOOKS:
                lost, self._again = 0, True
                signal.pthread_kill(main, number)  # a real signal also ends a wait
        cursor = "\x1b[?25h" if os.isatty(2) else ""
        os.write(2, f"{cursor}{KEPT}\n".encode())
        os._exit(STATUS_OF_SIGNALS + number)


def _is_handled(thread: int) -> bool:
    """Return whether a thread is on its way out because of an interrupt."""
    found = sys._current_exceptions().get(thread)  # noqa: SLF001 - documented
    return interrupt_behind(found[1] if isinstance(found, tuple) else found) is not None


def _unraisable(event: sys.UnraisableHookArgs) -> None:
    """Print an error that Python has dropped, unless it is one that will be raised again."""
    if not isinstance(event.exc_value, Interrupted):
        sys.__unraisablehook__(event)
