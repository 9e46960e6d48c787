"""Where progress is shown: standard error, through a file descriptor of its own.

While a step runs, Dagster puts a file in the place of standard output and standard error. A display
that asked them would find no terminal, or write into that file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console, ConsoleDimensions

_SIZE = ConsoleDimensions(80, 24)
"""Assumed where the terminal does not tell its own."""


class DisplayConsole(Console):
    """A console on standard error as it was when the console was made.

    Args:
        stream: A duplicate of standard error.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        super().__init__(
            file=stream, force_terminal=stream.isatty() or None, highlight=False, soft_wrap=True
        )

    @property  # type: ignore[misc]
    def size(self) -> ConsoleDimensions:
        """The size of the terminal now."""
        try:
            return ConsoleDimensions(*os.get_terminal_size(self._stream.fileno()))
        except (OSError, ValueError):
            return _SIZE


@contextmanager
def display_console() -> Iterator[DisplayConsole]:
    """Open the console of a display; it keeps its place whatever happens to standard error."""
    try:
        descriptor = os.dup(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):  # no file: a notebook, or a test
        yield DisplayConsole(sys.stderr)
        return
    encoding = sys.stderr.encoding or "utf-8"
    with os.fdopen(descriptor, "w", encoding=encoding, errors="replace") as stream:
        yield DisplayConsole(stream)
