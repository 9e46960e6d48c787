"""The command line `relgen`: thin commands over the same definitions that Dagster's UI loads.

Options, tables and progress bars belong here; rules of the domain do not. `app` holds the commands,
`progress` the bar, `report` and `layout` what they print, `documents` that of `--json`, `entry` and
`interrupts` how a command ends.

May touch everything below it. Only the entry point of `relgen` imports it.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its status, one of `exit_codes`."""
    # Signals are heard before anything else is loaded, which takes seconds.
    from relgen_assets.cli.interrupts import Interrupted, ignore_further, listen

    listen()
    try:
        from relgen_assets.cli.entry import run_command

        status = run_command()
        ignore_further()
    except Interrupted as stopped:
        ignore_further()
        status = stopped.report()
    sys.exit(status)
