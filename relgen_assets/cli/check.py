"""The command `relgen check`: results of the asset checks, and apart from them what had none.

One unfinished batch hides nothing: its own checks run as far as its tables are written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console

from relgen_assets.cli.document import print_document
from relgen_assets.cli.documents import (
    CheckDocument,
    CheckPart,
    FaultPart,
    UncheckedPart,
)
from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.cli.layout import INDENT, say, say_below, write
from relgen_assets.cli.progress import shown_progress
from relgen_assets.cli.running import select_batches
from relgen_assets.definitions import build_defs, build_resources
from relgen_assets.orchestration.check_runs import CheckOutcome, CheckRuns, NotChecked
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import opened_instance
from resources.progress import BOARD

PASSED, WARNING, FAILED = "passed", "warning", "failed"
_STYLES = {WARNING: "yellow", FAILED: "bold red"}


def check_batches(
    project: Project,
    console: Console,
    root: Path,
    selection: Sequence[str] | None,
    *,
    as_json: bool = False,
) -> ExitCode:
    """Check batches and the dataset, print the results, and return what the command exits with.

    Args:
        project: The opened project.
        console: Where to print.
        root: The project folder, home of the Dagster instance.
        selection: Batch keys or ranges; by default all batches that have been begun.
        as_json: Print one document instead.

    Raises:
        ActionableError: A batch is not known, or what all checks need cannot be opened.
    """
    settings = project.settings
    tables = build_resources(settings).io_manager
    chosen = select_batches(project.batches, selection)
    keys = [key for key in chosen if tables.exists("raw_papers", key)]
    found: list[CheckOutcome | NotChecked] = []
    if keys:
        with shown_progress(), opened_instance(root) as instance:
            runs = CheckRuns(build_defs(project), instance, tables, settings.storage.dataset)
            with BOARD.begin("checked batches", len(keys)) as task:
                for key in keys:
                    found += runs.batch(key)
                    task.advance()
                found += runs.over_all()
    outcomes = [one for one in found if isinstance(one, CheckOutcome)]
    missed = [one for one in found if isinstance(one, NotChecked)]
    if as_json:
        print_document(_document(outcomes, missed))
    elif keys:
        _print(console, outcomes, missed)
    else:
        say(
            console,
            "No batch is materialised yet, so there is nothing to check. Start with: relgen run",
        )
    return _status(outcomes, missed)


def result_of(outcome: CheckOutcome) -> str:
    """Return the result of a check in one word."""
    if outcome.passed:
        return PASSED
    return FAILED if outcome.is_error else WARNING


def _status(outcomes: Sequence[CheckOutcome], missed: Sequence[NotChecked]) -> ExitCode:
    if any(result_of(one) == FAILED for one in outcomes):
        return ExitCode.FAILED
    if missed:
        return ExitCode.NOT_CHECKED
    return ExitCode.DONE if outcomes else ExitCode.NOTHING_TO_CHECK


def _print(
    console: Console, outcomes: Sequence[CheckOutcome], missed: Sequence[NotChecked]
) -> None:
    """Print the checks that did not pass, then what was not checked, then totals."""
    counts = Counter(map(result_of, outcomes))
    for outcome in sorted(outcomes, key=lambda one: result_of(one) == FAILED):  # the worst last
        if not outcome.passed:
            place = f" ({outcome.partition})" if outcome.partition else ""
            result = result_of(outcome)
            write(console, f"{result} {outcome.asset}.{outcome.name}{place}", style=_STYLES[result])
            for name, value in outcome.details.items():
                _print_detail(console, name, value)
    for one in missed:
        number = _counted(len(one.checks), "check")
        place = one.partition or "all batches"
        write(console, f"not checked: {number} ({place})", style=_STYLES[WARNING])
        where = "" if one.fault.where in ("", one.partition) else f"{one.fault.where}: "
        say_below(console, f"{where}{one.fault.what}")
        if one.fault.remedy:
            say_below(console, one.fault.remedy)
        say_below(console, ", ".join(one.checks))
    unchecked = sum(len(one.checks) for one in missed)
    say(
        console,
        f"{counts[PASSED]} passed, {_counted(counts[WARNING], 'warning')},"
        f" {counts[FAILED]} failed, {unchecked} not checked",
    )


def _print_detail(console: Console, name: str, value: object) -> None:
    """Print a fact that a check recorded: lists one item a line, empty ones not at all."""
    if isinstance(value, float):
        value = f"{value:.4g}"
    if isinstance(value, dict):
        value = ", ".join(f"{key} {number}" for key, number in value.items())
    items = _items(value)
    if len(items) == 1:
        say_below(console, f"{name}: {items[0]}", further=INDENT)
    elif items:
        write(console, f"{INDENT}{name}:")
        for item in items:
            say(console, item, first=f"{INDENT}- ", indent=f"{INDENT}  ")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _items(value: object) -> list[str]:
    listed: Iterable[object] = value if isinstance(value, list) else str(value).splitlines()
    return [str(item).removeprefix("- ") for item in listed]


def _document(outcomes: Sequence[CheckOutcome], missed: Sequence[NotChecked]) -> CheckDocument:
    counts = Counter(map(result_of, outcomes))
    return CheckDocument(
        passed=counts[PASSED],
        warnings=counts[WARNING],
        failed=counts[FAILED],
        not_checked=sum(len(one.checks) for one in missed),
        checks=[
            CheckPart(
                batch=one.partition,
                asset=one.asset,
                check=one.name,
                result=result_of(one),
                details=one.details,
            )
            for one in outcomes
        ],
        unchecked=[
            UncheckedPart(
                batch=one.partition,
                checks=list(one.checks),
                missing_assets=list(one.missing),
                fault=FaultPart.of(one.fault),
            )
            for one in missed
        ],
    )
