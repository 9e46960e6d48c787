"""The command line `relgen`: thin commands over the same definitions that Dagster's UI loads.

Options, tables and progress bars belong here; rules of the domain do not. `app` holds the commands,
`progress` the bar, `report` and `layout` what they print, `documents` that of `--json`.
An actionable error is printed as one paragraph, and the command exits with one of `exit_codes`.

May touch everything below it. Only the entry point of `relgen` imports it.
"""

from __future__ import annotations

import os
import sys

from rich.console import Console

from relgen_assets.cli.app import app
from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.domain_errors import ActionableError, ConfigurationError


def main() -> None:
    """Run the command line."""
    errors = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        app(standalone_mode=True)
    except ActionableError as error:
        errors.print("[bold red]Error[/] ", end="")
        errors.print(str(error), markup=False)
        sys.exit(ExitCode.USAGE if isinstance(error, ConfigurationError) else ExitCode.FAILED)
    except BrokenPipeError:
        # The reader of our output is gone: write nothing more, not even at shutdown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.FAILED)
