"""The command `relgen plan`: a forecast from a sample, the ledger and the fleet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from rich.console import Console

from relgen_assets.cli.document import print_document
from relgen_assets.cli.documents import PlanDocument, ServerPart, StagePart
from relgen_assets.cli.layout import Line, print_facts, print_listing, say, write
from relgen_assets.definitions import build_resources
from relgen_assets.generation.entity_pass import ENTITIES_TASK
from relgen_assets.generation.extraction_requests import EXTRACTION_TASK
from relgen_assets.generation.second_opinions import SECOND_OPINION_TASK
from relgen_assets.generation.summary_requests import SUMMARY_TASK
from relgen_assets.orchestration.project import Project
from relgen_assets.planning import (
    Experience,
    Plan,
    PlannedServer,
    Sample,
    ServerPlan,
    forecast,
    learn,
    plan_servers,
    take_sample,
)
from relgen_assets.planning.experience import MOST_CALLS
from relgen_assets.settings import Settings
from resources.generation_ledger.call_costs import recent_calls
from resources.llama_server_pool.pool import LlamaServerPool
from resources.llama_server_pool.reports import EndpointStatus


def plan_run(
    project: Project,
    console: Console,
    *,
    articles: int | None,
    sample: int,
    ask: bool,
    as_json: bool = False,
) -> None:
    """Forecast a run of the project and print it; nothing is generated.

    Args:
        project: The opened project.
        console: Where to print.
        articles: Articles of the run; by default all of the source.
        sample: Articles to sample.
        ask: Whether to ask the servers for what neither settings nor ledger know.
        as_json: Print one document instead.

    Raises:
        ConfigurationError: No prompt fits any server.
        SourceError: The source cannot be read.
    """
    settings = project.settings
    pool = build_resources(settings).llama_server_pool
    experience = _experience(pool, settings)
    asked = {one.name: one for one in pool.describe()} if ask else {}
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
    if as_json:
        print_document(_document(plan, taken, experience))
        return
    _print_work(console, settings, plan, taken, experience)
    write(console, "")
    _print_servers(console, plan, asked)
    write(console, "")
    _print_result(console, plan, fleet)
    _print_assumptions(console, plan, taken, experience, ask=ask)


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
        for task in (EXTRACTION_TASK, ENTITIES_TASK, SUMMARY_TASK, SECOND_OPINION_TASK):
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
    say(
        console,
        f"{plan.articles:,} articles of {settings.source.name} in batches of"
        f" {settings.batches.size}, estimated from {sample.articles} of them"
        f" ({sample.usable} usable, {sample.chunks:.1f}{error} chunks an article)",
    )
    write(console, "")
    print_listing(
        console,
        ("calls", "number", "prompt tokens", "answer tokens", "from", "refused"),
        [
            Line(
                (
                    stage.task,
                    f"{stage.calls:,}",
                    f"{stage.prompt_tokens:,.0f}",
                    f"{stage.answer_tokens:,.0f}",
                    "ledger" if experience.knows(stage.task) else "assumed",
                    f"{stage.unplaceable:,}",
                )
            )
            for stage in plan.stages
        ],
        left=("from",),
    )


def _print_servers(console: Console, plan: Plan, asked: Mapping[str, EndpointStatus]) -> None:
    print_listing(
        console,
        ("endpoint", "slots", "tokens/s", "speed", "share", "calls", "busy", "kWh"),
        [_server_line(one, asked.get(one.planned.server.name)) for one in plan.servers],
        left=("speed",),
    )


def _server_line(one: ServerPlan, status: EndpointStatus | None) -> Line:
    server = one.planned.server
    return Line(
        (
            server.name,
            f"{server.slots}" if one.planned.slots_known else f"{server.slots}?",
            f"{server.decode_rates[-1]:,.1f}",
            one.planned.origin,
            f"{one.share:.1%}",
            f"{one.calls:,.0f}",
            shown_time(one.busy_seconds),
            f"{one.kwh:,.1f}" if server.watts else "",
        ),
        (
            ("speed assumed", one.planned.assumed_from),
            ("does not answer", status.fault if status else ""),
        ),
    )


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
            (
                f"one more {kind}",
                f"saves {shown_time(max(0.0, seconds))} (at {speed:,.1f} tokens/s)",
            )
        )
    print_facts(console, rows)


def _print_assumptions(
    console: Console, plan: Plan, sample: Sample, experience: Experience, *, ask: bool
) -> None:
    """Say which figures are assumed and how to replace them; nothing if none is."""
    planned = [one.planned for one in plan.servers]
    speeds = [one.server.name for one in planned if one.assumed_from]
    slots = [one.server.name for one in planned if not one.slots_known]
    answers = [one.task for one in plan.stages if not experience.knows(one.task)]
    kept = [f"an answer ({sample.relations:g})"] if sample.opinions else []
    assumed = {"speed": speeds, "slots": slots, "answer tokens": answers, "kept relations": kept}
    if not any(assumed.values()):
        return
    facts = "; ".join(f"{what} of {', '.join(names)}" for what, names in assumed.items() if names)
    text = [f"Assumed: {facts}."]
    if speeds or slots:
        keys = [key for key, used in (("decode_rate", speeds), ("slots", slots)) if used]
        asking = "" if ask else "ask the running servers with `relgen plan --ask`, or "
        text.append(
            f"To replace it, {asking}set {' and '.join(keys)} of the endpoint in relgen.toml."
        )
    if speeds or answers:
        known = " and ".join(
            what for what, names in (("speeds", speeds), ("lengths of answers", answers)) if names
        )
        text.append(f"After a first batch the ledger knows {known}.")
    write(console, "")
    say(console, " ".join(text))


def _document(plan: Plan, sample: Sample, experience: Experience) -> PlanDocument:
    return PlanDocument(
        articles=plan.articles,
        sampled_articles=sample.articles,
        chunks_per_article=sample.chunks,
        chunks_per_article_error=sample.error,
        stages=[
            StagePart(
                task=one.task,
                calls=one.calls,
                refused=one.unplaceable,
                prompt_tokens=one.prompt_tokens,
                answer_tokens=one.answer_tokens,
                answer_tokens_assumed=not experience.knows(one.task),
                seconds=one.seconds,
            )
            for one in plan.stages
        ],
        servers=[_server_part(one) for one in plan.servers],
        calls=plan.calls,
        seconds=plan.seconds,
        overlapped_seconds=plan.overlapped_seconds,
        kwh=plan.kwh or None,
        seconds_saved_by_one_more=dict(plan.savings),
    )


def _server_part(one: ServerPlan) -> ServerPart:
    server = one.planned.server
    return ServerPart(
        name=server.name,
        kind=one.planned.kind,
        slots=server.slots,
        slots_assumed=not one.planned.slots_known,
        tokens_per_second=server.decode_rates[-1],
        speed_origin=one.planned.origin,
        assumed_from=one.planned.assumed_from or None,
        calls=one.calls,
        share=one.share,
        busy_seconds=one.busy_seconds,
        kwh=one.kwh if server.watts else None,
    )
