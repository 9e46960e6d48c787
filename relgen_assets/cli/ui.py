"""The command `relgen ui`: Dagster's web UI and daemon on the instance of the other commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from relgen_assets.cli.layout import say
from relgen_assets.cli.opening import open_project, project_root

if TYPE_CHECKING:
    from pathlib import Path

    from relgen_assets.orchestration.home import Home

Port = Annotated[int, typer.Option(min=1, max=65_535, help="Port of the web UI.")]
Host = Annotated[str, typer.Option(help="Address to listen on; by default this machine only.")]


def ui(port: Port = 3000, host: Host = "127.0.0.1") -> None:
    """Open Dagster's web UI on the instance that the other commands use."""
    from relgen_assets.cli.ports import require_free_port
    from relgen_assets.cli.supervised import Stopped, stopping_signals
    from relgen_assets.orchestration.home import prepare_home
    from relgen_assets.orchestration.services import only_services

    open_project()  # with wrong settings, the web UI would show an error and no asset
    root = project_root()
    console = Console(stderr=True)
    home = prepare_home(root)
    url = f"http://{host}:{port}"
    with only_services(root, "relgen ui", url):
        require_free_port(host, port)
        say_home(console, home)
        say(console, f"Web UI of {root}: {url} (Ctrl-C stops it)")
        try:
            with stopping_signals():
                _serve(console, root, host, port)
        except Stopped as stopped:
            console.print("Stopped.")
            raise typer.Exit(stopped.status) from None


def say_home(console: Console, home: Home) -> None:
    """Tell if the project has no `dagster.yaml` of its own."""
    from relgen_assets.orchestration.home import INSTANCE_FILE, Origin

    if home.origin is Origin.shipped:
        say(
            console,
            f"The project has no {INSTANCE_FILE}: the shipped one is used."
            " `relgen init` makes one of your own.",
        )


def _serve(console: Console, root: Path, host: str, port: int) -> None:
    """Run Dagster's services until they end or a signal comes.

    Raises:
        ActionableError: They ended by themselves.
        Stopped: A signal came.
    """
    from relgen_assets.cli.services import dagster_services
    from relgen_assets.cli.supervised import Stopped
    from relgen_assets.domain_errors import ActionableError
    from relgen_assets.orchestration.launched_runs import launched_runs
    from relgen_assets.orchestration.runs import opened_instance
    from relgen_assets.orchestration.services import heard_from_daemon

    with opened_instance(root) as instance:  # a new one is made here, under the lock
        age = heard_from_daemon(instance)
        if age is not None:
            say(
                console,
                f"Another Dagster daemon reported on this instance {age:.0f} s ago. If it still"
                " runs, stop it: two would both start what is queued.",
            )
        with dagster_services(root, instance, host, port) as services:
            try:
                services.wait()
            except Stopped:
                runs = len(launched_runs(instance))
                told = f" and unfinished runs ({runs}); finished answers are kept" if runs else ""
                say(console, f"\nStopping Dagster's services{told} … (once more: at once)")
                raise
    raise ActionableError(
        f"Dagster's services ended by themselves, with status {services.returncode}.",
        remedy="Its messages above say why.",
    )
