"""The commands `relgen run` and `relgen demo`: batches one after the other, then the card.

A failed batch is reported and the others continue; the command then ends with an error.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg
from rich.console import Console

from relgen_assets.cli.document import print_document
from relgen_assets.cli.failed_batches import reasons_of
from relgen_assets.cli.progress import RunningTasks, loading, shown_progress
from relgen_assets.cli.report import print_run
from relgen_assets.cli.source_changes import print_source
from relgen_assets.cli.status import run_document
from relgen_assets.cli.unexpected import told
from relgen_assets.definitions import build_defs, build_resources
from relgen_assets.domain_errors import ActionableError, ConfigurationError
from relgen_assets.generation.entity_pass import ENTITIES_TASK
from relgen_assets.integrity.overview import Overview, overview
from relgen_assets.orchestration.energy import spent_kwh
from relgen_assets.orchestration.partitions import Batches
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import (
    opened_instance,
    run_batch,
    run_card,
)
from relgen_assets.orchestration.selection import chosen_batches
from relgen_assets.rows.asset_tables import RAW_EXTRACTIONS, SECOND_OPINIONS, SUMMARIES
from relgen_assets.settings import Settings
from resources.progress import BOARD, ProgressTask
from resources.time_left import RoundsLeft

BATCHES = "batches"
"""Title of the task that counts them."""


def run_batches(
    project: Project,
    console: Console,
    root: Path,
    selection: Sequence[str] | None,
    *,
    missing: bool = False,
    stale: bool = False,
    as_json: bool = False,
) -> None:
    """Materialise batches and the card, show progress and print the results.

    Args:
        project: The opened project.
        console: Where to print.
        root: The project folder, home of the Dagster instance.
        selection: Batch keys or ranges; by default all batches.
        missing: Skip batches whose usable extractions are all in the dataset and whose latest run
            succeeded.
        stale: Only batches that were made under other settings, prompts or rules than those of now.
        as_json: Print one document at the end instead.

    Raises:
        ActionableError: A batch or the card failed, after the other batches were done.
    """
    started = time.monotonic()
    with loading():  # counts the articles of the source
        batches = project.look_again()
        tables = build_resources(project.settings).io_manager
        keys = select_batches(batches, selection)
    if not as_json:
        print_source(console, batches, project.settings.batches)
    if missing or stale:
        with opened_instance(root) as instance:
            keys = chosen_batches(project, instance, tables, keys, missing=missing, stale=stale)
            if not keys:  # a run may have stopped between its last batch and the card
                run_card(build_defs(project), instance)
        if not keys:
            if as_json:
                print_document(run_document(project.settings, Overview(), [], {}, 0.0, 0.0))
            else:
                console.print(nothing_to_do(stale=stale, missing=missing))
            return
    failures: dict[str, ActionableError] = {}
    with shown_progress() as shown, ExitStack() as opened:
        with BOARD.begin("opening the project", 0):
            instance = opened.enter_context(opened_instance(root))
            definitions = build_defs(project)
        opened.enter_context(shared_server(project))
        with counted_batches(shown, project, keys) as task:
            for key in keys:
                failed = _try_batch(definitions, instance, key)
                failures.update(failed)
                task.advance(failed=len(failed))
        card = card_fault(definitions, instance)
        fresh = [key for key in keys if key not in failures]
        kwh = spent_kwh(instance, fresh)
    counts, seconds = overview(tables, fresh), time.monotonic() - started
    if as_json:
        print_document(
            run_document(project.settings, counts, fresh, failures, seconds, kwh, card=card)
        )
    elif fresh:  # of a run without any result, only the errors
        print_run(
            console,
            counts,
            batches=len(fresh),
            seconds=seconds,
            kwh=kwh,
            settings=project.settings,
        )
    if failures:
        raise ActionableError(
            f"{len(failures)} of {len(keys)} batches failed: "
            + reasons_of({key: str(error) for key, error in failures.items()})
            + (f"; the card: {card}" if card is not None else ""),
            remedy=f"{'The others are done. ' if fresh else ''}To go on: relgen run --missing",
        )
    if card is not None:
        raise card


def nothing_to_do(*, stale: bool, missing: bool) -> str:
    """Return why no batch was made."""
    if stale and not missing:
        return "Nothing to do: no requested batch is out of date."
    return "Nothing to do: every requested batch is in the dataset."


@contextmanager
def counted_batches(
    shown: RunningTasks, project: Project, keys: Sequence[str]
) -> Iterator[ProgressTask]:
    """Open the task that counts finished batches, with an estimate of the time left.

    Args:
        shown: The display.
        project: The project.
        keys: The batches that are worked on, in this order.
    """
    sizes = [project.batches.size_of(key) for key in keys]
    shown.expect(BATCHES, RoundsLeft(sizes, _stages(project.settings), time.monotonic()))
    with BOARD.begin(BATCHES, len(keys)) as task:
        yield task


def _stages(settings: Settings) -> list[str]:
    """Return the titles of the tasks of one batch that send requests, under these settings."""
    mode = settings.extractions.mode_for(embedded=not settings.pool.endpoints)
    stages = {
        SUMMARIES.asset: True,
        ENTITIES_TASK: mode == "two_pass",
        RAW_EXTRACTIONS.asset: True,
        SECOND_OPINIONS.asset: settings.judging.asks_model,
    }
    return [title for title, is_asked in stages.items() if is_asked]


def select_batches(batches: Batches, selection: Sequence[str] | None) -> list[str]:
    """Return the selected batch keys: single keys, or ranges as `first:last`.

    Raises:
        ConfigurationError: There is no such batch, or a range ends before it starts.
    """
    if not selection:
        return batches.keys
    chosen: list[str] = []
    for named in selection:
        first, _, last = named.partition(":")
        keys = batches.keys
        for key in (first, last or first):
            batches.require(key)
        start, stop = keys.index(first), keys.index(last or first)
        if stop < start:
            raise ConfigurationError("this range ends before it starts.", where=named)
        chosen += keys[start : stop + 1]
    return list(dict.fromkeys(chosen))


def _try_batch(
    definitions: dg.Definitions, instance: dg.DagsterInstance, key: str
) -> dict[str, ActionableError]:
    try:
        run_batch(definitions, instance, key)
    except ActionableError as error:
        return {key: error}
    except Exception as error:
        return {key: told(error)}
    return {}


def card_fault(definitions: dg.Definitions, instance: dg.DagsterInstance) -> ActionableError | None:
    """Renew the card; return why that failed, which must not hide the results of the batches."""
    try:
        run_card(definitions, instance)
    except ActionableError as error:
        return error
    except Exception as error:
        return told(error)
    return None


@contextmanager
def shared_server(project: Project) -> Iterator[None]:
    """Share one embedded server between all runs of this command, if no endpoint is configured."""
    if project.settings.pool.endpoints:
        yield
        return
    from resources.llama_server_pool.embedded import shared as embedded

    embedded.acquire(Path(project.settings.storage.state) / "logs")
    try:
        yield
    finally:
        embedded.release()
