"""Asset `summaries`: one summary per usable article, from abstract and section names."""

import dagster as dg
import pyarrow as pa

from relgen_assets.assets.common import batch_options, refuse_above, table_output, tally
from relgen_assets.assets.exclusive import exclusive
from relgen_assets.assets.generated import SERVERS_POOL, generation_metadata, request_labels
from relgen_assets.generation import is_summary, summary_request, summary_row
from relgen_assets.models import Paper, Summary
from relgen_assets.project import Project
from relgen_assets.tables import from_table
from resources.llama_server_pool import LlamaServerPool

MAX_FAILED_SHARE = 0.2
"""Above this share of unanswered articles the servers are at fault, not the articles."""

ATTEMPTS = 2
"""An empty or cut summary is asked for once more."""


def build(project: Project, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset that summarises articles."""
    settings = project.settings.summaries

    @dg.asset(**batch_options(partitions, Summary, "openai", "parquet"), pool=SERVERS_POOL)
    def summaries(
        context: dg.AssetExecutionContext, raw_papers: pa.Table, llama_server_pool: LlamaServerPool
    ) -> dg.Output[pa.Table]:
        """A short summary of each article, generated from its abstract and section names."""
        labels = request_labels(context)
        requests = [
            summary_request(paper, settings, project.chunker.count, labels)
            for paper in from_table(raw_papers, Paper)
            if paper.status == "used"
        ]
        with exclusive(llama_server_pool.ledger, context):
            result = llama_server_pool.generate(
                requests,
                accept=is_summary,
                attempts=ATTEMPTS,
                title=context.asset_key.to_user_string(),
            )
        rows = [summary_row(request, result.outcomes[request.subject]) for request in requests]
        failed = tally(row.reason for row in rows)
        refuse_above(
            MAX_FAILED_SHARE,
            bad=sum(failed.values()),
            total=len(rows),
            what=f"without an answer ({failed})",
            partition=context.partition_key,
        )
        return table_output(rows, Summary, **generation_metadata(rows, result.report))

    return summaries
