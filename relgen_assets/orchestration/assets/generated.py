"""What the generating assets share: a concurrency pool, grants, and metadata.

The metadata show the work of the servers: numbers, a table and a plot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg

from relgen_assets.orchestration.assets.common import tally
from relgen_assets.orchestration.assets.endpoint_plot import as_markdown, endpoint_plot
from relgen_assets.orchestration.assets.exclusive import exclusive
from relgen_assets.orchestration.energy import KWH
from relgen_assets.orchestration.outage_retries import retried_outages
from relgen_assets.orchestration.progress_log import logged_progress
from relgen_assets.rows.models import GeneratedRow
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.reports import BatchReport, EndpointReport

SERVERS_POOL = "language_models"
"""Dagster's concurrency pool for these assets: `dagster.yaml` limits how many of their runs execute
at once. Runs that only read tables do not wait for it."""

_COLUMNS = {
    "endpoint": ("string", "Name of the endpoint."),
    "kind": ("string", "Its hardware."),
    "requests": ("int", "Answers that were used."),
    "tokens_out": ("int", "Tokens of those answers."),
    "tokens_per_second": ("float", "Answer tokens per busy second, all slots together."),
    "seconds_busy": ("float", "Time with at least one running request."),
    "usable": ("string", "Usable answers, of all that were judged."),
    "rejected": ("string", "Answers that could not be used, by reason."),
    "thoughts": ("int", "Answers with thoughts, which are kept beside them and never used."),
    "trimmed": ("int", "Answers whose template tokens at the end were cut off."),
    "faults": ("string", "Faults by kind."),
    "tokens_in": ("int", "Prompt tokens of those answers."),
    "tokens_cached": ("int", "Prompt tokens taken from the prefix cache."),
    "tokens_hedged": ("int", "Tokens of attempts that a faster attempt made superfluous."),
    "tokens_lost": ("int", "Tokens of attempts that failed."),
    "watt_hours": ("float", "Configured watts times the busy time."),
    "alone": ("float", "Answer tokens per second of a request that ran alone."),
    "by_busy_slots": ("string", "The same, by the number of requests that ran together."),
}
_SCHEMA = dg.TableSchema(
    columns=[
        dg.TableColumn(name, type=kind, description=description)
        for name, (kind, description) in _COLUMNS.items()
    ]
)


@contextmanager
def generating(ledger: GenerationLedger, context: dg.AssetExecutionContext) -> Iterator[None]:
    """Surround the requests of a step with what they need.

    Their progress and warnings go into the log of the run, one run at a time works on the
    partition, and an outage of all servers is tried again where that helps.

    Args:
        ledger: The ledger that all runs use.
        context: The step.
    """
    with retried_outages(context), logged_progress(context.log), exclusive(ledger, context):
        yield


def grant(ledger: GenerationLedger, task: str, attempts: Mapping[str, int]) -> None:
    """Write grants into the ledger, where later runs find them as well.

    Args:
        ledger: The ledger.
        task: The kind of work.
        attempts: Total number of attempts allowed, by subject.
    """
    for allowed in sorted(set(attempts.values())):
        subjects = [subject for subject, own in attempts.items() if own == allowed]
        ledger.grant_attempts(task, subjects, allowed)


def request_labels(context: dg.AssetExecutionContext) -> dict[str, str]:
    """Return the labels that the ledger stores with every answer of this partition."""
    return {"partition": context.partition_key, "run_id": context.run.run_id}


def generation_metadata(rows: Sequence[GeneratedRow], report: BatchReport) -> dict[str, Any]:
    """Return metadata of a generated table: outcomes, tokens, and the work of each endpoint.

    Energy is left out if no endpoint has `watts`, the plot if nothing was generated.
    """
    metadata: dict[str, Any] = {
        "by_status": tally(row.status for row in rows),
        "by_reason": tally(row.reason for row in rows),
        "by_endpoint": tally(row.endpoint or None for row in rows),
        "prompt_tokens": sum(row.prompt_tokens for row in rows),
        "completion_tokens": sum(row.completion_tokens for row in rows),
        "from_ledger": report.from_ledger,
        "generated": report.generated,
        "seconds": round(report.seconds, 3),
        "endpoints": endpoint_table(report.endpoints),
    }
    if any(one.completion_tokens or one.hedged_tokens for one in report.endpoints):
        metadata["endpoint_plot"] = dg.MetadataValue.md(as_markdown(endpoint_plot(report)))
    if report.watt_hours:
        metadata[KWH] = report.watt_hours / 1000
    return metadata


def endpoint_table(endpoints: Sequence[EndpointReport]) -> dg.TableMetadataValue:
    """Return what each endpoint did as a table for the UI."""
    return dg.MetadataValue.table([_record(one) for one in endpoints], schema=_SCHEMA)


def _record(one: EndpointReport) -> dg.TableRecord:
    alone = one.tokens_per_second_by_load.get(1)
    return dg.TableRecord(
        {
            "endpoint": one.name,
            "kind": one.kind,
            "requests": one.requests,
            "tokens_in": one.prompt_tokens,
            "tokens_cached": one.cached_tokens,
            "tokens_out": one.completion_tokens,
            "tokens_hedged": one.hedged_tokens,
            "tokens_lost": one.lost_tokens,
            "seconds_busy": round(one.seconds_busy, 2),
            "tokens_per_second": round(one.tokens_per_second, 2),
            "alone": None if alone is None else round(alone, 2),
            "by_busy_slots": _listed(
                {
                    str(load): f"{rate:.1f}"
                    for load, rate in sorted(one.tokens_per_second_by_load.items())
                }
            ),
            "usable": _usable(one),
            "rejected": _listed(
                {reason or "unusable": str(count) for reason, count in sorted(one.rejected.items())}
            ),
            "thoughts": one.thoughtful,
            "trimmed": one.trimmed,
            "faults": _listed({kind: str(count) for kind, count in sorted(one.faults.items())}),
            "watt_hours": round(one.watt_hours, 4),
        }
    )


def _usable(one: EndpointReport) -> str:
    share = one.usable_share
    judged = one.accepted + sum(one.rejected.values())
    return "" if share is None else f"{share:.0%} of {judged:,}"


def _listed(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in values.items())
