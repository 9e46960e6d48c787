"""The command `relgen retry-rejected`: ask again about rejected and failed chunks.

Batches with nothing to ask are skipped, unless an earlier run stopped between its answers and the
dataset. A failed batch is reported, and the others continue.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from relgen_assets.cli.layout import Line, print_listing, say
from relgen_assets.cli.progress import shown_progress
from relgen_assets.cli.running import (
    card_fault,
    counted_batches,
    select_batches,
    shared_server,
)
from relgen_assets.definitions import build_defs, build_resources
from relgen_assets.domain_errors import ActionableError, StorageError
from relgen_assets.export.shards import find_shards
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.validation import validate_all
from relgen_assets.generation.retrying import RetryPlan, plan_chunks
from relgen_assets.integrity.overview import complete_batches
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import opened_instance, run_retry
from relgen_assets.rows.asset_tables import (
    CHUNKS,
    RAW_EXTRACTIONS,
    SECOND_OPINIONS,
    SUMMARIES,
    VALIDATED_EXTRACTIONS,
)
from relgen_assets.rows.models import ValidatedExtraction
from resources.parquet_io_manager import ParquetIOManager


@dataclass(frozen=True, slots=True)
class Retried:
    """The result of one batch.

    Attributes:
        plan: What to ask again; empty if only the dataset lagged behind the answers.
        usable: Chunks asked again that are in the dataset now.
        fault: Why the run failed; empty if it succeeded.
    """

    batch: str
    plan: RetryPlan
    usable: int = 0
    fault: str = ""


def retry_rejected(
    project: Project,
    console: Console,
    root: Path,
    selection: Sequence[str] | None,
    further_attempts: int,
) -> None:
    """Ask again about rejected and failed chunks, update the dataset and print the outcome.

    Missing summaries come before the chunks that need them.

    Args:
        project: The opened project.
        console: Where to print.
        root: The project folder, home of the Dagster instance.
        selection: Batch keys or ranges; by default all batches that have answers.
        further_attempts: Attempts to add, up to `extractions.max_attempts` in all.

    Raises:
        ActionableError: A batch or the card failed, after the other batches were done.
    """
    tables = build_resources(project.settings).io_manager
    keys = [
        key
        for key in select_batches(project.batches, selection)
        if tables.exists(RAW_EXTRACTIONS.asset, key)
    ]
    if not keys:
        say(console, "No batch has answers yet. Start with: relgen run")
        return
    complete = complete_batches(tables, find_shards(project.settings.storage.dataset))
    limit = project.settings.extractions.max_attempts
    policy = project.settings.judging_policy
    wanted: dict[str, RetryPlan] = {}
    exhausted = 0
    done: list[Retried] = []
    for key in keys:
        try:
            asks_model = project.settings.judging.asks_model
            plan, outdated = _plan(
                tables, key, further_attempts, limit, policy, asks_model=asks_model
            )
        except StorageError as error:  # an unfinished or damaged batch must not stop the others
            done.append(Retried(key, RetryPlan(), fault=str(error)))
            continue
        exhausted += len(plan.exhausted)
        if plan.subjects or outdated or key not in complete:
            wanted[key] = plan
    definitions = build_defs(project)
    server = shared_server(project) if wanted else nullcontext()
    with shown_progress() as shown, opened_instance(root) as instance, server:
        with counted_batches(shown, project, list(wanted)) as task:
            for key, plan in wanted.items():
                try:
                    run_retry(definitions, instance, key, further_attempts)
                    done.append(Retried(key, plan, usable=_usable(tables, key, plan)))
                except ActionableError as error:
                    done.append(Retried(key, plan, fault=str(error)))
                task.advance(failed=bool(done[-1].fault))
        card = card_fault(definitions, instance)  # an earlier run may have stopped before it
    _print(console, done, exhausted=exhausted)
    failed = [one for one in done if one.fault]
    if failed:
        raise ActionableError(
            f"{len(failed)} of {len(done)} batches failed, for the faults listed:"
            f" {', '.join(one.batch for one in failed)}.",
            remedy="The others are done and all answers are kept: run the command again.",
        )
    if card is not None:
        raise card


def _plan(
    tables: ParquetIOManager,
    key: str,
    further: int,
    limit: int,
    policy: JudgingPolicy,
    *,
    asks_model: bool,
) -> tuple[RetryPlan, bool]:
    """Return what to ask again, and whether the stored verdicts are outdated."""
    raw = RAW_EXTRACTIONS.read(tables, key)
    given = asks_model and tables.exists(SECOND_OPINIONS.asset, key)
    opinions = SECOND_OPINIONS.read(tables, key) if given else []
    verdicts = validate_all(CHUNKS.read(tables, key), raw, policy, opinions=opinions)
    summaries = SUMMARIES.read(tables, key)
    plan = plan_chunks(raw, verdicts, summaries, further=further, limit=limit)
    return plan, verdicts != _stored_verdicts(tables, key)


def _stored_verdicts(tables: ParquetIOManager, key: str) -> list[ValidatedExtraction]:
    """Return the verdicts of a batch; none if it was refused for too many rejections."""
    if not tables.exists(VALIDATED_EXTRACTIONS.asset, key):
        return []
    return VALIDATED_EXTRACTIONS.read(tables, key)


def _usable(tables: ParquetIOManager, key: str, plan: RetryPlan) -> int:
    """Count the chunks asked again that have a usable extraction now."""
    subjects = set(plan.subjects)
    return sum(
        row.chunk_id in subjects and row.verdict != "rejected"
        for row in _stored_verdicts(tables, key)
    )


def _print(console: Console, done: Sequence[Retried], *, exhausted: int) -> None:
    if done:
        print_listing(
            console,
            ("batch", "rejected", "failed", "usable now"),
            [
                Line(
                    (
                        one.batch,
                        f"{len(one.plan.attempts):,}",
                        f"{len(one.plan.failed):,}",
                        f"{one.usable:,}",
                    ),
                    [("fault", one.fault)],
                )
                for one in done
            ],
        )
        lagged = sum(not one.plan.subjects and not one.fault for one in done)
        if lagged:
            say(
                console,
                f"{lagged} batches had answers that the dataset missed; now it has them.",
            )
    else:
        say(console, "Nothing to ask again: no rejected or failed chunk has attempts left.")
    if exhausted:
        say(
            console,
            f"{exhausted} chunks have used all attempts that extractions.max_attempts allows.",
        )
