"""Long output page by page on a terminal, through the pager that the user has chosen.

What is printed is passed on at once, so that the first page does not wait for the last.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOBase
from typing import IO, cast

from rich.console import Console

_LESS = "FRX"
"""As git sets it: leave when all fits on one page, pass colours on, keep the screen."""


@contextmanager
def paged(console: Console) -> Iterator[Console]:
    """Yield a console whose output goes through `$PAGER`, by default `less`.

    Without a terminal or a pager, it is the given console. When the user leaves the pager, the
    block ends.
    """
    command = shlex.split(os.environ.get("PAGER", "less"))
    if not console.is_terminal or not command or shutil.which(command[0]) is None:
        yield console
        return
    process = subprocess.Popen(  # noqa: S603 - the user's own choice, as in git and man
        command,
        stdin=subprocess.PIPE,
        encoding="utf-8",
        env={"LESS": _LESS, **os.environ},
    )
    pages = cast(IO[str], process.stdin)
    # Ctrl-C belongs to the pager, which stops a search with it.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with suppress(_PagerLeftError):
            yield Console(
                file=cast(IO[str], _PagerInput(pages)),
                force_terminal=True,
                width=console.width,
                highlight=False,
            )
        with suppress(BrokenPipeError):
            pages.close()
        process.wait()
    finally:
        signal.signal(signal.SIGINT, before)


class _PagerLeftError(Exception):
    """The user has left the pager; further output has no reader."""


class _PagerInput(TextIOBase):
    """The input of a pager.

    Args:
        pipe: Its end to write to.
    """

    def __init__(self, pipe: IO[str]) -> None:
        self._pipe = pipe

    def write(self, text: str, /) -> int:
        """Pass text on.

        Raises:
            _PagerLeftError: The pager has ended.
        """
        try:
            return self._pipe.write(text)
        except BrokenPipeError as error:  # which the console would take as the end of the program
            raise _PagerLeftError from error

    def flush(self) -> None:
        """Pass on what is buffered.

        Raises:
            _PagerLeftError: The pager has ended.
        """
        try:
            self._pipe.flush()
        except BrokenPipeError as error:
            raise _PagerLeftError from error
