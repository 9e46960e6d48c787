"""What `relgen retry-rejected` does: rejected and failed chunks are asked again, batch by batch.

Batches in which nothing is left to ask are not run. One that fails is reported, the others go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from relgen_assets.cli.progress import shown_progress
from relgen_assets.cli.running import select_batches, shared_server
from relgen_assets.definitions import build_defs, build_resources
from relgen_assets.errors import ActionableError
from relgen_assets.execution import opened_instance, run_card, run_retry
from relgen_assets.models import Chunk, RawExtraction, ValidatedExtraction
from relgen_assets.project import Project
from relgen_assets.retrying import RetryPlan, plan_retry
from relgen_assets.tables import from_table
from resources.parquet_io_manager import ParquetIOManager


@dataclass(frozen=True, slots=True)
class Retried:
    """What became of one batch.

    Attributes:
        batch: Its key.
        plan: What was to be asked.
        usable: Chunks asked again that are in the dataset now.
        fault: Why the run failed; empty when it did not.
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
    """Ask rejected and failed chunks again, bring the dataset up to date and print the outcome.

    Args:
        project: The opened project.
        console: Where to print.
        root: The project folder, home of the Dagster instance.
        selection: Batch keys or ranges; all batches that have answers when not given.
        further_attempts: Attempts to add to those made, up to `extractions.max_attempts`.

    Raises:
        ActionableError: A batch or the card failed, after the other batches were done.
    """
    tables: ParquetIOManager = build_resources(project.settings)["io_manager"]
    keys = [
        key
        for key in select_batches(project.batches, selection)
        if tables.exists("raw_extractions", key)
    ]
    limit = project.settings.extractions.max_attempts
    plans = {key: _plan(tables, key, further_attempts, limit) for key in keys}
    wanted = {key: plan for key, plan in plans.items() if plan.subjects}
    done: list[Retried] = []
    if wanted:
        definitions = build_defs(project)
        with (
            opened_instance(root) as instance,
            shared_server(project),
            shown_progress(console),
        ):
            for key, plan in wanted.items():
                try:
                    run_retry(definitions, instance, key, further_attempts)
                    done.append(Retried(key, plan, usable=_usable(tables, key, plan)))
                except ActionableError as error:
                    done.append(Retried(key, plan, fault=str(error)))
            run_card(definitions, instance)
    _print(console, done, exhausted=sum(len(plan.exhausted) for plan in plans.values()))
    failed = [one for one in done if one.fault]
    if failed:
        raise ActionableError(
            f"{len(failed)} of {len(done)} batches failed: "
            + "; ".join(f"{one.batch}: {one.fault}" for one in failed),
            remedy="The others are done, and answers that arrived are kept: run it again.",
        )


def _plan(tables: ParquetIOManager, key: str, further: int, limit: int) -> RetryPlan:
    return plan_retry(
        from_table(tables.read("chunks", key), Chunk),
        from_table(tables.read("raw_extractions", key), RawExtraction),
        further=further,
        limit=limit,
    )


def _usable(tables: ParquetIOManager, key: str, plan: RetryPlan) -> int:
    """Return how many of the chunks that were asked again have a usable extraction now."""
    subjects = set(plan.subjects)
    rows = from_table(tables.read("validated_extractions", key), ValidatedExtraction)
    return sum(row.chunk_id in subjects and row.verdict != "rejected" for row in rows)


def _print(console: Console, done: Sequence[Retried], *, exhausted: int) -> None:
    if done:
        table = Table("batch", "rejected", "failed", "usable now", "fault")
        for one in done:
            counts = (len(one.plan.attempts), len(one.plan.failed), one.usable)
            table.add_row(one.batch, *map(str, counts), one.fault)
        console.print(table)
    else:
        console.print("Nothing to ask again: no chunk is rejected or failed that has tries left.")
    if exhausted:
        console.print(
            f"{exhausted} chunks have had all the tries that extractions.max_attempts allows."
        )
