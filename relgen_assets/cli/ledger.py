"""The commands `relgen ledger …`: inspect the generation ledger, move it, reclaim space.

Thin: every figure comes from `resources.generation_ledger`. Passwords are never printed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from resources.generation_ledger.entries import LedgerEntry
    from resources.generation_ledger.ledger import GenerationLedger
    from resources.generation_ledger.pruning import Pruned
    from resources.generation_ledger.stats import LedgerStats

ledger_app = typer.Typer(
    no_args_is_help=True, help="Inspect, move or shrink the ledger of all generations."
)

Folder = Annotated[str, typer.Argument(help="A local folder or any fsspec URL.")]


@ledger_app.command()
def stats() -> None:
    """Show calls, tokens and time by task and model, and the verdicts on answers."""
    with _opened() as (ledger, console):
        _print_stats(console, ledger.stats())


@ledger_app.command()
def show(
    key: Annotated[str, typer.Argument(help="A ledger key, or a unique prefix of one.")],
) -> None:
    """Show one generation: request, answer and verdicts."""
    with _opened() as (ledger, console):
        for entry in ledger.show(key):
            _print_entry(console, entry)


@ledger_app.command()
def export(folder: Folder) -> None:
    """Export the whole ledger to parquet files, as a backup or to change databases."""
    folder = _from_here(folder)
    with _opened() as (ledger, console):
        done = ledger.export(folder)
        console.print(f"exported to {done.folder}: {_counts(done.rows)}", markup=False)


@ledger_app.command("import")
def import_(folder: Folder) -> None:
    """Import an export; existing answers are kept."""
    folder = _from_here(folder)
    with _opened() as (ledger, console):
        done = ledger.import_from(folder)
        console.print(f"imported from {done.folder}: {_counts(done.rows)}", markup=False)
        console.print(f"{done.new} generations were new")


@ledger_app.command()
def prune(
    before: Annotated[
        datetime | None, typer.Option(help="Only entries recorded before this time (UTC).")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Also all answers of this model, permanently.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count, remove nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
) -> None:
    """Remove superseded answers, failures, and verdicts of earlier rules: no run needs them."""
    from relgen_assets.extraction.version import validator

    current = validator()
    with _opened() as (ledger, console):
        found = ledger.prune(before=before, model=model, validator=current, dry_run=True)
        console.print(f"to be removed: {_pruned(found)}")
        if dry_run or not found.total:
            return
        if not yes:
            typer.confirm("Remove them?", abort=True)
        removed = ledger.prune(before=before, model=model, validator=current)
        console.print(f"removed: {_pruned(removed)}")


@contextmanager
def _opened() -> Iterator[tuple[GenerationLedger, Console]]:
    """Open the ledger that the project's settings name."""
    from relgen_assets.definitions import build_resources
    from relgen_assets.orchestration.project import find_root, require_project
    from relgen_assets.settings import load_settings

    root = find_root(Path.cwd())
    require_project(root)
    os.chdir(root)
    ledger = build_resources(load_settings(root)).generation_ledger
    try:
        yield ledger, Console(soft_wrap=True)
    finally:
        ledger.close()


def _from_here(folder: str) -> str:
    """Return a folder that stays valid after the change to the project folder."""
    return folder if "://" in folder else str(Path(folder).absolute())


def _print_stats(console: Console, found: LedgerStats) -> None:
    calls = Table("task", "model", "standing", "calls", "tokens read", "tokens written", "hours")
    for group in found.groups:
        calls.add_row(
            group.task,
            group.model,
            group.standing,
            f"{group.calls:,}",
            f"{group.prompt_tokens:,}",
            f"{group.completion_tokens:,}",
            f"{group.seconds / 3600:.2f}",
        )
    console.print(calls)
    if found.verdicts:
        verdicts = Table("rules", "verdict", "reason", "answers")
        for (validator, verdict, reason), count in sorted(
            found.verdicts.items(), key=lambda item: (item[0][0], item[0][1], -item[1])
        ):
            verdicts.add_row(validator, verdict, reason or "", f"{count:,}")
        console.print(verdicts)
    period = f", {found.first} to {found.last}" if found.first else ""
    console.print(
        f"{found.where}: schema {found.version}, {found.size_bytes / 1e6:.1f} MB{period}",
        markup=False,
    )


def _print_entry(console: Console, entry: LedgerEntry) -> None:
    from resources.generation import Generation

    outcome, sampling = entry.outcome, entry.sampling
    facts = Table.grid(padding=(0, 2))
    rows = [
        ("key", entry.key),
        ("subject", f"{entry.subject} ({entry.task})"),
        ("model", entry.model),
        ("attempt", f"{entry.attempt} of variant {entry.variant}"),
        (
            "sampling",
            f"temperature {sampling.temperature:g}, top_p {sampling.top_p:g},"
            f" max_tokens {sampling.max_tokens}, seed {sampling.seed}",
        ),
        ("recorded", f"{entry.recorded_at}, partition {entry.partition}, run {entry.run_id}"),
        *((name, value) for name, value in sorted(entry.labels.items())),
    ]
    if isinstance(outcome, Generation):
        rows.append(
            (
                "answered",
                f"by {outcome.endpoint} in {outcome.seconds:.1f} s, {outcome.finish_reason};"
                f" {outcome.prompt_tokens} tokens read, {outcome.completion_tokens} written",
            )
        )
    if entry.superseded_at:
        rows.append(("superseded", entry.superseded_at))
    for verdict in entry.verdicts:
        details = ", ".join(filter(None, [verdict.reason, *verdict.details]))
        rows.append((verdict.validator, f"{verdict.verdict} {details}".strip()))
    for name, value in rows:
        facts.add_row(Text(name), Text(value))
    console.print(facts)
    for message in entry.messages:
        console.print(Panel(Text(message["content"]), title=message["role"], title_align="left"))
    if isinstance(outcome, Generation):
        console.print(Panel(Text(outcome.text), title="answer", title_align="left"))
        return
    console.print(f"no answer: {outcome.reason}", markup=False)
    for fault in outcome.faults:
        console.print(f"  {fault.endpoint}: {fault.kind} {fault.detail}", markup=False)


def _counts(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {table}" for table, count in rows.items())


def _pruned(found: Pruned) -> str:
    answers = f", {found.answers:,} answers" if found.answers else ""
    verdicts = f", {found.verdicts:,} verdicts of earlier rules" if found.verdicts else ""
    return f"{found.superseded:,} superseded, {found.failed:,} failures{answers}{verdicts}"
