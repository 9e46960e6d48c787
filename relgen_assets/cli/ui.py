"""The command `relgen ui`: Dagster's web UI and daemon on the instance of the other commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    import subprocess

    from relgen_assets.orchestration.home import Home

Port = Annotated[int, typer.Option(min=1, max=65_535, help="Port of the web UI.")]
Host = Annotated[str, typer.Option(help="Address to listen on; by default this machine only.")]


def ui(port: Port = 3000, host: Host = "127.0.0.1") -> None:
    """Open Dagster's web UI on the instance that the other commands use."""
    from relgen_assets.cli.ports import require_free_port
    from relgen_assets.cli.supervised import Stopped, stopping_signals
    from relgen_assets.orchestration.home import prepare_home
    from relgen_assets.orchestration.project import find_root, require_project
    from relgen_assets.orchestration.services import only_services

    root = find_root(Path.cwd())
    require_project(root)
    os.chdir(root)
    console = Console(soft_wrap=True, highlight=False, stderr=True)
    home = prepare_home(root)
    url = f"http://{host}:{port}"
    with only_services(root, "relgen ui", url):
        require_free_port(host, port)
        _say_home(console, home)
        console.print(f"Web UI of {root}: {url} (Ctrl-C stops it)", markup=False)
        try:
            with stopping_signals():
                _serve(console, root, host, port)
        except Stopped as stopped:
            console.print("Stopped.")
            raise typer.Exit(stopped.status) from None


def _serve(console: Console, root: Path, host: str, port: int) -> None:
    """Run Dagster's services until they end or a signal comes.

    Raises:
        ActionableError: They ended by themselves.
        Stopped: A signal came.
    """
    from relgen_assets.cli.supervised import supervised
    from relgen_assets.domain_errors import ActionableError
    from relgen_assets.orchestration.home import workspace_file
    from relgen_assets.orchestration.runs import opened_instance
    from relgen_assets.orchestration.services import forget_daemon, heard_from_daemon

    with opened_instance(root) as instance:  # a new one is made here, under the lock
        age = heard_from_daemon(instance)
        if age is not None:
            console.print(
                f"Another Dagster daemon reported on this instance {age:.0f} s ago. If it still"
                " runs, stop it: two would both start what is queued."
            )
    # Without -W, Dagster advertises its newer tool on every start.
    command = [sys.executable, "-W", "ignore", "-m", "dagster", "dev"]
    command += ["--workspace", str(workspace_file(root)), "--host", host, "--port", str(port)]
    try:
        with supervised(command, root) as services:
            _wait(console, services)
    finally:
        with opened_instance(root) as instance:
            forget_daemon(instance)
    raise ActionableError(
        f"Dagster's services ended by themselves, with status {services.returncode}.",
        remedy="Its messages above say why.",
    )


def _wait(console: Console, services: subprocess.Popen[bytes]) -> None:
    from relgen_assets.cli.supervised import Stopped

    try:
        services.wait()
    except Stopped:
        console.print("\nStopping Dagster's services … (once more: at once)")
        raise


def _say_home(console: Console, home: Home) -> None:
    from relgen_assets.orchestration.home import INSTANCE_FILE, Origin

    if home.origin is Origin.shipped:
        console.print(
            f"The project has no {INSTANCE_FILE}: the shipped one is used."
            " `relgen init` makes one of your own."
        )
