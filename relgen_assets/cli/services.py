"""How the command line starts Dagster's services, for `relgen ui` and `relgen backfill`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import dagster as dg

from relgen_assets.cli.supervised import supervised
from relgen_assets.orchestration.home import workspace_file
from relgen_assets.orchestration.launched_runs import (
    cancel_runs,
    fail_runs,
    launched_runs,
    orphaned_runs,
)
from relgen_assets.orchestration.services import forget_daemon, note_pid, shared_lock

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 3000
_CANCEL_SECONDS = 30.0


@contextmanager
def dagster_services(
    root: Path, instance: dg.DagsterInstance, host: str, port: int, log: IO[bytes] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run web server, daemon and code server until the block ends; within `stopping_signals`.

    Runs that are unfinished then are cancelled, or failed if a second signal comes meanwhile.

    Args:
        root: The project folder, which is also the working folder.
        instance: The opened instance of the project.
        host: Address of the web UI.
        port: Its port.
        log: Where their output goes; by default to the terminal.
    """
    fail_runs(instance, orphaned_runs(instance))  # of services that were killed
    # Without -W, Dagster advertises its newer tool on every start.
    command = [sys.executable, "-W", "ignore", "-m", "dagster", "dev"]
    command += ["--workspace", str(workspace_file(root)), "--host", host, "--port", str(port)]
    try:
        with (
            shared_lock(root) as lock,
            supervised(command, root, log, inherits=(lock,)) as services,
        ):
            note_pid(lock, services.pid)
            try:
                yield services
            finally:
                cancel_runs(instance, _CANCEL_SECONDS)
    finally:
        fail_runs(instance, launched_runs(instance))
        forget_daemon(instance)
