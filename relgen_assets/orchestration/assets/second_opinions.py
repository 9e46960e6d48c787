"""Asset `second_opinions`: what a model says to each relation that the rules keep.

Part of the graph only where the settings ask for it. It is an asset of its own, so that its answers
are a table to look at, with their tokens, seconds and servers, and verdicts can be given again
without a server.
"""

import dagster as dg
import pyarrow as pa

from relgen_assets.generation.second_opinions import (
    ATTEMPTS,
    is_opinion,
    opinion_row,
    opinion_tasks,
)
from relgen_assets.orchestration.assets.common import (
    batch_options,
    refuse_above,
    table_output,
    tally,
)
from relgen_assets.orchestration.assets.generated import (
    SERVERS_POOL,
    generating,
    generation_metadata,
    request_labels,
)
from relgen_assets.orchestration.assets.known_judge import known_judge
from relgen_assets.orchestration.assets.run_options import (
    LEAVE_OUT,
    read_options,
    server_options,
)
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import CHUNKS, RAW_EXTRACTIONS, SECOND_OPINIONS
from resources.llama_server_pool.pool import LlamaServerPool
from resources.step_failures import remedy_first

MAX_FAILED_SHARE = 0.2
"""Above this share of relations without an answer the servers are at fault."""


def build(project: Project, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset that asks whether the text states what the rules keep."""
    servers = server_options("second_opinions", project.settings.pool.endpoints)

    @dg.asset(
        **batch_options(partitions, SECOND_OPINIONS.row, "openai", "parquet"),
        pool=SERVERS_POOL,
        config_schema={LEAVE_OUT: servers[LEAVE_OUT]},
    )
    @remedy_first()
    def second_opinions(
        context: dg.AssetExecutionContext,
        chunks: pa.Table,
        raw_extractions: pa.Table,
        llama_server_pool: LlamaServerPool,
    ) -> dg.Output[pa.Table]:
        """One row per relation that the rules keep: whether its sentences state it, says a model.

        A row without a usable answer has the opinion `none`; there the verdict of the rules stands.
        """
        options = read_options(context, project.settings.judging)
        rows_of_chunks = CHUNKS.rows(chunks)
        with known_judge(project, llama_server_pool.ledger, rows_of_chunks) as judge:
            tasks = opinion_tasks(
                rows_of_chunks,
                RAW_EXTRACTIONS.rows(raw_extractions),
                project.settings.judging_policy,
                project.chunker.count,
                request_labels(context),
                prompts=project.prompts,
                judge=judge,
            )
        with generating(llama_server_pool.ledger, context):
            result = llama_server_pool.generate(
                [task.request for task in tasks],
                accept=is_opinion(tasks),
                attempts=ATTEMPTS,
                leave_out=options.leave_out,
                title=context.asset_key.to_user_string(),
            )
        rows = [opinion_row(task, result.outcomes[task.request.subject]) for task in tasks]
        refuse_above(
            MAX_FAILED_SHARE,
            bad=sum(row.status == "failed" for row in rows),
            total=len(rows),
            what=f"without an answer ({tally(row.reason for row in rows)})",
            partition=context.partition_key,
        )
        return table_output(
            rows,
            SECOND_OPINIONS,
            made_under=project.code_versions[SECOND_OPINIONS.asset],
            **options.metadata(()),
            by_opinion=tally(row.opinion for row in rows),
            **generation_metadata(rows, result.report),
        )

    return second_opinions
