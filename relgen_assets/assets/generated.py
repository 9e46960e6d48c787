"""Metadata of generated assets: what the servers did for a partition, as numbers and a table."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from relgen_assets.assets.common import tally
from relgen_assets.models import GeneratedRow
from resources.llama_server_pool import BatchReport


def request_labels(context: dg.AssetExecutionContext) -> dict[str, str]:
    """Return what the ledger stores beside every answer of this partition."""
    return {"partition": context.partition_key, "run_id": context.run.run_id}


def generation_metadata(rows: Sequence[GeneratedRow], report: BatchReport) -> dict[str, object]:
    """Return metadata of a generated table: outcomes, tokens, and the work of each endpoint."""
    return {
        "by_status": tally(row.status for row in rows),
        "by_reason": tally(row.reason for row in rows),
        "by_endpoint": tally(row.endpoint or None for row in rows),
        "prompt_tokens": sum(row.prompt_tokens for row in rows),
        "completion_tokens": sum(row.completion_tokens for row in rows),
        "from_ledger": report.from_ledger,
    }
