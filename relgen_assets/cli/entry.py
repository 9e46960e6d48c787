"""The one place where errors of all commands end: a paragraph for people, a status for scripts.

What a person can act on is printed as it is. Of anything unexpected, one line names the file with
the traceback. Signals end in `interrupts`.
"""

from __future__ import annotations

import sys

from rich.console import Console

from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.cli.interrupts import close_output, interrupt_behind, received
from relgen_assets.cli.layout import say
from relgen_assets.cli.unexpected import explain, record
from resources.errors import ActionableError, ConfigurationError

_ERROR = "Error "


def run_command() -> int:
    """Run the command that the arguments name and return its exit status."""
    try:
        return _run()
    except Exception as error:
        stopped = interrupt_behind(error) or received()
        if stopped is not None:
            raise stopped from None
        return _tell(error)


def _tell(error: Exception) -> int:
    """Print what a person can do about an error; return the exit status."""
    if isinstance(error, BrokenPipeError):  # the reader of our output is gone
        close_output()
        return ExitCode.FAILED
    told = error if isinstance(error, ActionableError) else explain(error) or record(error)
    _print_error(str(told))
    return ExitCode.USAGE if isinstance(told, ConfigurationError) else ExitCode.FAILED


def _run() -> int:
    from relgen_assets.cli.app import app

    try:
        app()
    except SystemExit as end:  # how typer ends a command: with its status, or with a wrong option
        return int(end.code or 0)
    finally:
        sys.stdout.flush()
    return ExitCode.DONE


def _print_error(text: str) -> None:
    # It may quote what a server said.
    say(
        Console(stderr=True),
        text,
        first=_ERROR,
        indent=" " * len(_ERROR),
        style="bold red",
    )
