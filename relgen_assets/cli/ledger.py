"""The commands `relgen ledger …`: inspect the generation ledger, move it, reclaim space.

Thin: every figure comes from `resources.generation_ledger`. Passwords are never printed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from relgen_assets.cli.layout import (
    INDENT,
    Line,
    print_facts,
    print_listing,
    say,
    say_below,
    write,
    write_text,
)
from relgen_assets.cli.opening import open_project

if TYPE_CHECKING:
    from relgen_assets.cli.documents import LedgerDocument
    from relgen_assets.orchestration.project import Project
    from resources.generation_ledger.entries import LedgerEntry
    from resources.generation_ledger.ledger import GenerationLedger
    from resources.generation_ledger.pruning import Pruned
    from resources.generation_ledger.stats import LedgerStats

ledger_app = typer.Typer(
    no_args_is_help=True, help="Inspect, move or shrink the ledger of all generations."
)

Folder = Annotated[str, typer.Argument(help="A local folder or any fsspec URL.")]


@ledger_app.command()
def stats(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show calls, tokens and time by task and model, and the verdicts on answers."""
    from relgen_assets.cli.document import print_document

    with _opened() as (ledger, console):
        found = ledger.stats()
        if as_json:
            print_document(_stats_document(found))
        else:
            _print_stats(console, found)


@ledger_app.command()
def show(
    key: Annotated[str, typer.Argument(help="A ledger key, or a unique prefix of one.")],
) -> None:
    """Show one generation whole: request, answer and verdicts; pipe it to a pager if it is long."""
    with _opened() as (ledger, console):
        for number, entry in enumerate(ledger.show(key)):
            if number:
                write(console, "")
            _print_entry(console, entry)


@ledger_app.command()
def export(folder: Folder) -> None:
    """Export the whole ledger to parquet files, as a backup or to change databases."""
    folder = _from_here(folder)
    with _opened() as (ledger, console):
        done = ledger.export(folder)
        say(console, f"exported to {done.folder}: {_counts(done.rows)}")


@ledger_app.command("import")
def import_(folder: Folder) -> None:
    """Import an export; existing answers are kept."""
    folder = _from_here(folder)
    with _opened() as (ledger, console):
        done = ledger.import_from(folder)
        say(console, f"imported from {done.folder}: {_counts(done.rows)}")
        say(console, f"{done.new} generations were new")


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
    from relgen_assets.extraction.version import judged_by, validator

    project = open_project()
    settings = project.settings
    current = judged_by(validator(settings.judging_policy), asks_model=settings.judging.asks_model)
    with _opened(project) as (ledger, console):
        found = ledger.prune(before=before, model=model, validator=current, dry_run=True)
        say(console, f"to be removed: {_pruned(found)}")
        if dry_run or not found.total:
            return
        if not yes:
            typer.confirm("Remove them?", abort=True)
        removed = ledger.prune(before=before, model=model, validator=current)
        say(console, f"removed: {_pruned(removed)}")


@contextmanager
def _opened(project: Project | None = None) -> Iterator[tuple[GenerationLedger, Console]]:
    """Open the ledger that the project's settings name."""
    from relgen_assets.definitions import build_resources

    ledger = build_resources((project or open_project()).settings).generation_ledger
    try:
        yield ledger, Console(soft_wrap=True)
    finally:
        ledger.close()


def _from_here(folder: str) -> str:
    """Return a folder that stays valid after the change to the project folder."""
    return folder if "://" in folder else str(Path(folder).absolute())


def _print_stats(console: Console, found: LedgerStats) -> None:
    print_listing(
        console,
        ("task", "standing", "calls", "tokens read", "tokens written", "hours"),
        [
            Line(
                (
                    group.task,
                    group.standing,
                    f"{group.calls:,}",
                    f"{group.prompt_tokens:,}",
                    f"{group.completion_tokens:,}",
                    f"{group.seconds / 3600:.2f}",
                ),
                [("model", group.model)],
            )
            for group in found.groups
        ],
        left=("standing",),
    )
    if found.verdicts:
        write(console, "")
        print_listing(
            console,
            ("rules", "verdict", "reason", "answers"),
            [
                Line((validator, verdict, reason or "", f"{count:,}"))
                for (validator, verdict, reason), count in _sorted_verdicts(found)
            ],
            left=("verdict", "reason"),
        )
    period = f", {found.first} to {found.last}" if found.first else ""
    size = f"{found.size_bytes / 1e6:.1f} MB"
    say(
        console,
        f"{found.where}: schema {found.version}, {size}{period}",
    )


def _sorted_verdicts(found: LedgerStats) -> list[tuple[tuple[str, str, str | None], int]]:
    return sorted(found.verdicts.items(), key=lambda one: (one[0][0], one[0][1], -one[1]))


def _stats_document(found: LedgerStats) -> LedgerDocument:
    from relgen_assets.cli.documents import CallsPart, LedgerDocument, VerdictPart

    return LedgerDocument(
        where=found.where,
        schema_version=found.version,
        size_bytes=found.size_bytes,
        first=found.first,
        last=found.last,
        calls=[CallsPart(**asdict(group)) for group in found.groups],
        verdicts=[
            VerdictPart(rules=rules, verdict=verdict, reason=reason, answers=count)
            for (rules, verdict, reason), count in _sorted_verdicts(found)
        ],
    )


def _print_entry(console: Console, entry: LedgerEntry) -> None:
    """Print all that the ledger keeps of a call; texts are neither cut nor folded."""
    from resources.generation import Generation

    print_facts(console, list(_facts(entry)))
    for message in entry.messages:
        _print_text(console, message["role"], message["content"])
    if entry.json_schema is not None:
        _print_text(console, "schema of the answer", json.dumps(entry.json_schema))
    if isinstance(entry.outcome, Generation):
        _print_text(console, "answer", entry.outcome.text)
        return
    _print_text(console, "no answer", entry.outcome.reason)
    for fault in entry.outcome.faults:
        say_below(console, f"{fault.endpoint}: {fault.kind} {fault.detail}", further=INDENT)


def _facts(entry: LedgerEntry) -> Iterator[tuple[str, str]]:
    from resources.generation import Generation

    outcome, sampling = entry.outcome, entry.sampling
    yield "key", entry.key
    yield "subject", f"{entry.subject} ({entry.task})"
    yield "model", entry.model
    yield "attempt", f"{entry.attempt} of variant {entry.variant}"
    yield (
        "sampling",
        f"temperature {sampling.temperature:g}, top_p {sampling.top_p:g},"
        f" max_tokens {sampling.max_tokens}, seed {sampling.seed}"
        + "".join(f", {name} {value}" for name, value in sampling.further.items()),
    )
    yield "recorded", f"{entry.recorded_at}, partition {entry.partition}, run {entry.run_id}"
    yield from sorted(entry.labels.items())
    if isinstance(outcome, Generation):
        yield (
            "answered",
            f"by {outcome.endpoint} in {outcome.seconds:.1f} s, {outcome.finish_reason};"
            f" {outcome.prompt_tokens} tokens read, {outcome.completion_tokens} written",
        )
    if entry.superseded_at:
        yield "superseded", entry.superseded_at
    for verdict in entry.verdicts:
        details = ", ".join(filter(None, [verdict.reason, *verdict.details]))
        yield verdict.validator, f"{verdict.verdict} {details}".strip()


def _print_text(console: Console, title: str, text: str) -> None:
    write(console, "")
    write(console, f"--- {title}", style="bold")
    write_text(console, text)


def _counts(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {table}" for table, count in rows.items())


def _pruned(found: Pruned) -> str:
    answers = f", {found.answers:,} answers" if found.answers else ""
    verdicts = f", {found.verdicts:,} verdicts of earlier rules" if found.verdicts else ""
    return f"{found.superseded:,} superseded, {found.failed:,} failures{answers}{verdicts}"
