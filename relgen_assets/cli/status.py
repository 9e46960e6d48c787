"""The commands `relgen status` and `relgen endpoints`, and documents of what batches hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console

from relgen_assets.cli.documents import (
    BatchPart,
    CountsPart,
    EndpointPart,
    EndpointsDocument,
    FailedBatchPart,
    FaultPart,
    RunDocument,
    StatusDocument,
    print_document,
)
from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.cli.layout import write
from relgen_assets.cli.report import print_batches, print_endpoints
from relgen_assets.definitions import build_resources
from relgen_assets.domain_errors import ActionableError
from relgen_assets.integrity.overview import Overview, overview
from relgen_assets.orchestration.project import Project
from relgen_assets.settings import Settings
from resources.llama_server_pool.reports import EndpointStatus


def show_status(project: Project, console: Console, *, as_json: bool) -> None:
    """Print what each batch holds, as a listing or as one document."""
    tables = build_resources(project.settings).io_manager
    batches = project.batches
    found = [
        (key, overview(tables, [key])) for key in batches.keys if tables.exists("raw_papers", key)
    ]
    if as_json:
        print_document(
            StatusDocument(
                articles=batches.articles,
                batches_in_all=len(batches.keys),
                batches=[BatchPart(batch=key, **_counts(one).model_dump()) for key, one in found],
            )
        )
        return
    print_batches(console, found)
    write(
        console,
        f"{len(found):,} of {len(batches.keys):,} batches of {batches.articles:,} articles begun",
    )


def show_endpoints(project: Project, console: Console, *, as_json: bool) -> ExitCode:
    """Ask all endpoints, print what they answer, and return what the command exits with."""
    statuses = build_resources(project.settings).llama_server_pool.describe()
    answering = sum(one.answers for one in statuses)
    if as_json:
        parts = [_endpoint(one) for one in statuses]
        print_document(EndpointsDocument(answering=answering, endpoints=parts))
    else:
        print_endpoints(console, statuses)
        write(console, f"{answering} of {len(statuses)} endpoints answer")
    return ExitCode.DONE if answering else ExitCode.FAILED


def run_document(
    settings: Settings,
    counts: Overview,
    done: Sequence[str],
    failures: Mapping[str, ActionableError],
    seconds: float,
    kwh: float,
) -> RunDocument:
    """Return the document of a run.

    Args:
        settings: The settings of the project.
        counts: What the batches that are done hold.
        done: Their keys.
        failures: The error of each batch that failed.
        seconds: Time of the command.
        kwh: Energy spent on the batches that are done.
    """
    return RunDocument(
        batches=list(done),
        failed=[
            FailedBatchPart(batch=key, **FaultPart.of(error).model_dump())
            for key, error in failures.items()
        ],
        counts=_counts(counts),
        seconds=seconds,
        kwh=kwh or None,
        dataset=settings.storage.dataset,
    )


def _counts(found: Overview) -> CountsPart:
    return CountsPart(
        articles=found.articles,
        unusable=dict(found.unusable),
        chunks=found.chunks,
        valid=found.verdicts["valid"],
        repaired=found.verdicts["repaired"],
        rejected=found.verdicts["rejected"],
        reasons=dict(found.rejected),
        prompt_tokens=found.prompt_tokens,
        completion_tokens=found.completion_tokens,
        generation_seconds=found.seconds,
    )


def _endpoint(one: EndpointStatus) -> EndpointPart:
    return EndpointPart(
        name=one.name,
        url=one.url,
        kind=one.kind,
        answers=one.answers,
        server_type=one.dialect or None,
        model=one.model or None,
        slots=one.slots,
        context=one.context,
        tokens_per_second=one.tokens_per_second,
        fault=one.fault or None,
    )
