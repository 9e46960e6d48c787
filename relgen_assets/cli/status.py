"""The commands `relgen status` and `relgen endpoints`, and documents of what batches hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from relgen_assets.cli.document import print_document
from relgen_assets.cli.documents import (
    BatchFaultPart,
    BatchPart,
    CountsPart,
    EndpointPart,
    EndpointsDocument,
    FaultPart,
    RunDocument,
    StatusDocument,
)
from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.cli.layout import INDENT, say_below, write
from relgen_assets.cli.report import print_batches, print_endpoints, print_stale
from relgen_assets.cli.source_changes import print_source, source_part
from relgen_assets.definitions import build_resources
from relgen_assets.domain_errors import ActionableError, StorageError
from relgen_assets.integrity.overview import Overview, overview
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import opened_instance
from relgen_assets.orchestration.staleness import stale_batches
from relgen_assets.rows.asset_tables import RAW_PAPERS
from relgen_assets.settings import Settings
from resources.generation_ledger.yields import EndpointYield
from resources.llama_server_pool.reports import EndpointStatus


def show_status(project: Project, console: Console, root: Path, *, as_json: bool) -> ExitCode:
    """Print what each batch holds, and return what the command exits with.

    A batch with a table that cannot be read hides none of the others.
    """
    tables = build_resources(project.settings).io_manager
    batches = project.look_again()
    found: list[tuple[str, Overview]] = []
    faults: dict[str, ActionableError] = {}
    stored = tables.partitions(RAW_PAPERS.asset)
    for key in stored:
        if key in batches:
            try:
                found.append((key, overview(tables, [key])))
            except StorageError as error:
                faults[key] = error
    unlisted = [key for key in stored if key not in batches]
    with opened_instance(root) as instance:
        stale = stale_batches(instance, project.code_versions, [key for key, _ in found])
    if as_json:
        print_document(
            StatusDocument(
                articles=batches.articles,
                batches_in_all=len(batches.keys),
                batches=[BatchPart(batch=key, counts=_counts(one)) for key, one in found],
                unreadable=_fault_parts(faults),
                stale=stale,
                source=source_part(batches, project.settings.batches, unlisted),
            )
        )
    else:
        print_batches(console, found)
        for key, fault in faults.items():
            write(console, key)
            say_below(console, f"fault: {fault}", further=INDENT)
        begun = len(found) + len(faults)
        write(
            console,
            f"{begun:,} of {len(batches.keys):,} batches of {batches.articles:,} articles begun",
        )
        print_source(console, batches, project.settings.batches, unlisted)
        print_stale(console, stale)
    return ExitCode.FAILED if faults else ExitCode.DONE


def show_endpoints(project: Project, console: Console, *, as_json: bool) -> ExitCode:
    """Ask all endpoints, print what they answer, and return what the command exits with."""
    resources = build_resources(project.settings)
    statuses = resources.llama_server_pool.describe()
    yields = resources.generation_ledger.endpoint_yields()
    answering = sum(one.answers for one in statuses)
    if as_json:
        parts = [_endpoint(one, yields.get(one.name)) for one in statuses]
        print_document(EndpointsDocument(answering=answering, endpoints=parts))
    else:
        print_endpoints(console, statuses, yields)
        write(console, f"{answering} of {len(statuses)} endpoints answer")
    return ExitCode.DONE if answering else ExitCode.FAILED


def run_document(
    settings: Settings,
    counts: Overview,
    done: Sequence[str],
    failures: Mapping[str, ActionableError],
    seconds: float,
    kwh: float,
    *,
    card: ActionableError | None = None,
) -> RunDocument:
    """Return the document of a run.

    Args:
        settings: The settings of the project.
        counts: What the batches that are done hold.
        done: Their keys.
        failures: The error of each batch that failed.
        seconds: Time of the command.
        kwh: Energy spent on the batches that are done.
        card: Why the dataset card could not be renewed, if so.
    """
    return RunDocument(
        batches=list(done),
        failed=_fault_parts(failures),
        card_fault=FaultPart.of(card) if card else None,
        counts=_counts(counts),
        seconds=seconds,
        kwh=kwh or None,
        dataset=settings.storage.dataset,
    )


def _fault_parts(faults: Mapping[str, ActionableError]) -> list[BatchFaultPart]:
    return [BatchFaultPart(batch=key, fault=FaultPart.of(fault)) for key, fault in faults.items()]


def _counts(found: Overview) -> CountsPart:
    return CountsPart(
        articles=found.articles,
        unusable=dict(found.unusable),
        control_tokens=dict(found.control_tokens),
        chunks=found.chunks,
        valid=found.verdicts["valid"],
        repaired=found.verdicts["repaired"],
        rejected=found.verdicts["rejected"],
        reasons=dict(found.rejected),
        prompt_tokens=found.prompt_tokens,
        completion_tokens=found.completion_tokens,
        generation_seconds=found.seconds,
    )


def _endpoint(one: EndpointStatus, gained: EndpointYield | None) -> EndpointPart:
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
        answered=gained.answers if gained else 0,
        usable_share=gained.usable_share if gained else None,
    )
