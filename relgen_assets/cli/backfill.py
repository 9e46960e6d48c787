"""The command `relgen backfill`: batches as runs of a daemon, several at a time.

The daemon is that of a running `relgen ui`, or of Dagster's own commands. Without one, `--watch`
runs Dagster's services until the back-fill is done.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import typer
from rich.console import Console

from relgen_assets.cli.backfill_lines import follow
from relgen_assets.cli.failed_batches import reasons_of
from relgen_assets.cli.layout import say
from relgen_assets.cli.ports import free_port
from relgen_assets.cli.running import card_fault, nothing_to_do, select_batches
from relgen_assets.cli.services import DEFAULT_HOST, DEFAULT_PORT, dagster_services
from relgen_assets.cli.source_changes import print_source
from relgen_assets.cli.supervised import Stopped, stopping_signals
from relgen_assets.definitions import build_defs, build_resources
from relgen_assets.domain_errors import ActionableError
from relgen_assets.orchestration import backfills
from relgen_assets.orchestration.backfills import BatchState, Snapshot
from relgen_assets.orchestration.launched_runs import wait_for_runs
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import opened_instance
from relgen_assets.orchestration.selection import chosen_batches
from relgen_assets.orchestration.services import (
    Services,
    heard_from_daemon,
    only_services,
    running_services,
)
from relgen_assets.settings import STATE_FOLDER

COMMAND = "relgen backfill --watch"
_LOG = Path(STATE_FOLDER, "logs", "dagster-services.log")
_TAKEN_UP_SECONDS = 90.0
"""A daemon looks for back-fills every 30 seconds."""
_START_SECONDS = 300.0
"""Services of one's own load everything first, which takes long on a small board."""
_CARD_SECONDS = 60.0
"""The sensor may just have started a run that renews the card."""
_SILENT_SECONDS = 120.0
"""A daemon that did not report for so long has stopped."""


def backfill_batches(
    project: Project,
    console: Console,
    root: Path,
    selection: Sequence[str] | None,
    *,
    missing: bool,
    stale: bool,
    watch: bool,
) -> None:
    """Request a back-fill, and follow it until it has started or, with `watch`, ended.

    Args:
        project: The opened project.
        console: Where to print.
        root: The project folder.
        selection: Batch keys or ranges; by default all batches.
        missing: Skip batches whose usable extractions are all in the dataset and whose latest run
            succeeded.
        stale: Only batches that were made under other settings, prompts or rules than those of now.
        watch: Follow the batches to their end; run a daemon if there is none.

    Raises:
        ActionableError: No daemon runs, the back-fill could not start, or a batch failed.
    """
    keys = select_batches(project.look_again(), selection)
    print_source(console, project.batches, project.settings.batches)
    with opened_instance(root) as instance:
        tables = build_resources(project.settings).io_manager
        keys = chosen_batches(project, instance, tables, keys, missing=missing, stale=stale)
        if not keys:
            console.print(nothing_to_do(stale=stale, missing=missing))
            return
        services = running_services(root)
        if services is not None or heard_from_daemon(instance) is not None:
            _on_running_daemon(console, instance, root, services, keys, watch=watch)
        elif watch:
            _on_own_daemon(project, console, instance, root, keys)
        else:
            raise ActionableError(
                "no daemon runs that could start the batches.",
                where=str(root),
                remedy="Start `relgen ui` first, or add --watch, which runs a daemon meanwhile.",
            )


def _on_running_daemon(
    console: Console,
    instance: dg.DagsterInstance,
    root: Path,
    services: Services | None,
    keys: Sequence[str],
    *,
    watch: bool,
) -> None:
    """Let the daemon that runs do the back-fill; a signal ends the watching only."""
    backfill_id = backfills.request(instance, keys)
    say(
        console,
        f"Back-fill {backfill_id} of {len(keys)} batches is requested. The daemon"
        f" ({services or 'started by a command of Dagster'}) takes it up within 30 s.",
    )
    requested = time.monotonic()

    def require_daemon(now: Snapshot) -> None:
        late = not now.taken_up and time.monotonic() - requested > _TAKEN_UP_SECONDS
        if late or not _daemon_lives(instance, root):
            raise ActionableError(
                f"the daemon does not work on back-fill {backfill_id}.",
                remedy="It goes on when a daemon runs: start `relgen ui`.",
            )

    try:
        with stopping_signals():
            now = follow(console, instance, backfill_id, require_daemon, only_start=not watch)
    except Stopped as stopped:
        say(
            console,
            f"\nBack-fill {backfill_id} goes on, on the daemon. Only watching has ended.",
        )
        raise typer.Exit(stopped.status) from None
    _require_success(instance, now, ended=watch)
    if not watch:
        console.print("It has started. See it in the web UI, or with: relgen status")


def _on_own_daemon(
    project: Project,
    console: Console,
    instance: dg.DagsterInstance,
    root: Path,
    keys: Sequence[str],
) -> None:
    """Run Dagster's services until the back-fill is done; a signal cancels it."""
    port = free_port(DEFAULT_HOST, DEFAULT_PORT)
    url = f"http://{DEFAULT_HOST}:{port}"
    _LOG.parent.mkdir(parents=True, exist_ok=True)
    try:
        with only_services(root, COMMAND, url), stopping_signals(), _LOG.open("wb") as log:
            backfill_id = backfills.request(instance, keys)  # first, so the daemon finds it
            say(
                console,
                f"Back-fill {backfill_id} of {len(keys)} batches. No daemon runs: Dagster's"
                f" services run until it is done, with the web UI on {url} (log: {_LOG}).",
            )
            try:
                with dagster_services(root, instance, DEFAULT_HOST, port, log) as services:
                    now = _watch_own(console, instance, backfill_id, services)
            finally:
                backfills.close(instance, backfill_id)
    except Stopped as stopped:
        line = "\n" if stopped.again else ""  # after the ^C that the terminal shows
        say(
            console,
            f"{line}Cancelled. Finished answers are kept."
            " To go on: relgen backfill --missing --watch",
        )
        raise typer.Exit(stopped.status) from None
    # The sensor that keeps the card current had no time left for the last batches.
    card = card_fault(build_defs(project), instance)
    _require_success(instance, now, ended=True)
    if card is not None:
        raise card


def _watch_own(
    console: Console,
    instance: dg.DagsterInstance,
    backfill_id: str,
    services: subprocess.Popen[bytes],
) -> Snapshot:
    """Follow a back-fill to its end; cancel it on a signal or an error."""
    started = time.monotonic()

    def require_services(now: Snapshot) -> None:
        late = not now.taken_up and time.monotonic() - started > _START_SECONDS
        if late or services.poll() is not None:
            raise ActionableError(
                "Dagster's services do not start a run." if late else "Dagster's services ended.",
                where=str(_LOG.absolute()),
                remedy="The end of this log says why.",
            )

    try:
        now = follow(console, instance, backfill_id, require_services)
        wait_for_runs(instance, _CARD_SECONDS)
    except BaseException:
        say(console, f"\nCancelling back-fill {backfill_id} … (once more: at once)")
        backfills.cancel(instance, backfill_id)
        raise
    return now


def _daemon_lives(instance: dg.DagsterInstance, root: Path) -> bool:
    return (
        running_services(root) is not None
        or heard_from_daemon(instance, within=_SILENT_SECONDS) is not None
    )


def _require_success(instance: dg.DagsterInstance, now: Snapshot, *, ended: bool) -> None:
    """Report what failed.

    Raises:
        ActionableError: The back-fill, or a batch of it, failed or was cancelled.
    """
    if now.fault:
        raise ActionableError(f"the back-fill could not start its runs: {now.fault}")
    failed = now.among(BatchState.failed, BatchState.cancelled)
    if ended and (failed or now.cancelled):
        reasons = {
            key: backfills.why_failed(instance, now.runs[key])
            if now.states[key] is BatchState.failed
            else "cancelled"
            for key in failed
        }
        raise ActionableError(
            f"{len(failed)} of {len(now.states)} batches did not succeed: {reasons_of(reasons)}",
            remedy="All answers are kept. To go on: relgen backfill --missing --watch",
        )
