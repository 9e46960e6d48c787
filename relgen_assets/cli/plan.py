"""The command `relgen plan`: a forecast from a sample, the ledger and the fleet."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rich.console import Console
from rich.table import Table

from relgen_assets.definitions import build_resources
from relgen_assets.generation.requests import EXTRACTION_TASK, SUMMARY_TASK
from relgen_assets.orchestration.project import Project
from relgen_assets.planning import (
    Experience,
    Plan,
    PlannedServer,
    Sample,
    forecast,
    learn,
    plan_servers,
    take_sample,
)
from relgen_assets.planning.experience import MOST_CALLS
from relgen_assets.settings import Settings
from resources.generation_ledger.call_costs import recent_calls
from resources.llama_server_pool.pool import LlamaServerPool


def plan_run(
    project: Project, console: Console, *, articles: int | None, sample: int, ask: bool
) -> None:
    """Forecast a run of the project and print it; nothing is generated.

    Args:
        project: The opened project.
        console: Where to print.
        articles: Articles of the run; by default all of the source.
        sample: Articles to sample.
        ask: Whether to ask the servers for what neither settings nor ledger know.

    Raises:
        ConfigurationError: The speed of an endpoint is unknown, or no prompt fits any server.
        SourceError: The source cannot be read.
    """
    settings = project.settings
    pool = build_resources(settings).llama_server_pool
    experience = _experience(pool, settings)
    asked = {one.name: one for one in pool.describe() if one.answers} if ask else {}
    if ask:
        pool.close()
    fleet = plan_servers(settings.pool.endpoints, experience.speeds, asked)
    taken = take_sample(
        project.source,
        project.chunker,
        settings,
        experience,
        mode=settings.extractions.mode_for(embedded=not settings.pool.endpoints),
        prompts=project.prompts,
        articles=sample,
    )
    plan = forecast(
        fleet,
        taken,
        articles=project.source.count() if articles is None else articles,
        batch_size=settings.batches.size,
        attempts=experience.attempts,
    )
    _print_work(console, settings, plan, taken, experience)
    _print_servers(console, plan)
    _print_result(console, plan, fleet)


def shown_time(seconds: float) -> str:
    """Return a duration in the largest unit in which it is at least 2."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:.0f} s"


def _experience(pool: LlamaServerPool, settings: Settings) -> Experience:
    """Learn from the newest calls of the configured model, or else of the model used last."""
    database = pool.ledger.database
    named = {one.model for one in settings.pool.endpoints if one.model}
    model = settings.pool.model or next(iter(named), None)
    calls = []
    try:
        for task in (EXTRACTION_TASK, SUMMARY_TASK):
            found = recent_calls(database, task, limit=MOST_CALLS, model=model)
            if model is None and found:
                model = found[0].model
            calls += [call for call in found if call.model == model]
    finally:
        pool.ledger.close()
    return learn(calls)


def _print_work(
    console: Console, settings: Settings, plan: Plan, sample: Sample, experience: Experience
) -> None:
    error = f" ± {sample.error:.1f}" if sample.error else ""
    console.print(
        f"{plan.articles:,} articles of {settings.source.name} in batches of"
        f" {settings.batches.size}, estimated from {sample.articles} of them"
        f" ({sample.usable} usable, {sample.chunks:.1f}{error} chunks an article)",
        highlight=False,
    )
    table = Table("calls", "number", "prompt tokens", "answer tokens", "refused")
    for stage in plan.stages:
        origin = "from the ledger" if experience.knows(stage.task) else "assumed"
        table.add_row(
            stage.task,
            f"{stage.calls:,}",
            f"{stage.prompt_tokens:,.0f}",
            f"{stage.answer_tokens:,.0f} {origin}",
            f"{stage.unplaceable:,}",
        )
    console.print(table)


def _print_servers(console: Console, plan: Plan) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("endpoint", "slots", "tokens/s", "speed", "share", "calls", "busy", "kWh"):
        table.add_column(
            heading, no_wrap=True, justify="left" if heading == "endpoint" else "right"
        )
    for one in plan.servers:
        server = one.planned.server
        table.add_row(
            server.name,
            f"{server.slots}" if one.planned.slots_known else f"{server.slots}?",
            f"{server.decode_rates[-1]:.4g}",
            one.planned.origin,
            f"{one.share:.1%}",
            f"{one.calls:,.0f}",
            shown_time(one.busy_seconds),
            f"{one.kwh:,.1f}" if server.watts else "",
        )
    console.print(table)


def _print_result(console: Console, plan: Plan, fleet: Sequence[PlannedServer]) -> None:
    rows = [
        ("calls", f"{plan.calls:,}"),
        ("time", f"{shown_time(plan.seconds)}, batch after batch"),
        (
            "",
            f"{shown_time(plan.overlapped_seconds)} when runs overlap (no waiting between batches)",
        ),
    ]
    if plan.kwh:
        rows.append(("energy", f"{plan.kwh:,.1f} kWh while busy"))
    for kind, seconds in plan.savings.items():
        speed = fmean(one.tokens_per_second for one in fleet if one.kind == kind)
        rows.append(
            (f"one more {kind}", f"saves {shown_time(max(0.0, seconds))} (at {speed:.3g} tokens/s)")
        )
    grid = Table.grid(padding=(0, 2))
    for name, value in rows:
        grid.add_row(name, value)
    console.print(grid)
