"""Asset `summaries`: one summary per usable article, from abstract and section names."""

import dagster as dg
import pyarrow as pa

from relgen_assets.generation.retrying import plan_summaries
from relgen_assets.generation.summary_asking import SummaryAsking
from relgen_assets.generation.summary_requests import (
    SUMMARY_TASK,
    is_cut_short,
    no_summary,
    summary_request,
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
    grant,
    request_labels,
)
from relgen_assets.orchestration.assets.run_options import (
    read_options,
    server_options,
    setting_options,
)
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import RAW_PAPERS, SUMMARIES
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.pool import LlamaServerPool
from resources.parquet_io_manager import ParquetIOManager
from resources.step_failures import remedy_first

MAX_FAILED_SHARE = 0.2
"""Above this share of unanswered articles the servers are at fault, not the articles."""

ATTEMPTS = 2
"""What is no summary, or was cut off, is asked for once more."""

OPTIONS = ("temperature", "seed", "variant")
"""The settings that a run may replace."""


def build(project: Project, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset that summarises articles."""

    @dg.asset(
        **batch_options(partitions, SUMMARIES.row, "openai", "parquet"),
        pool=SERVERS_POOL,
        config_schema={
            **setting_options("summaries", "summaries", project.settings.summaries, OPTIONS),
            **server_options("summaries", project.settings.pool.endpoints),
        },
    )
    @remedy_first()
    def summaries(
        context: dg.AssetExecutionContext,
        raw_papers: pa.Table,
        llama_server_pool: LlamaServerPool,
        io_manager: dg.ResourceParam[ParquetIOManager],
    ) -> dg.Output[pa.Table]:
        """One row per usable article: its summary, the exact prompt, and which server answered.

        The model writes it from abstract and section names; the prompt of every chunk shows it. A
        row without an answer has a reason.
        """
        key = context.partition_key
        options = read_options(context, project.settings.summaries)
        labels = request_labels(context)
        used = [paper for paper in RAW_PAPERS.rows(raw_papers) if paper.status == "used"]
        if not options.settings.enabled:
            return table_output(
                [no_summary(paper.paper_id) for paper in used],
                SUMMARIES,
                made_under=project.code_version_under(SUMMARIES.asset, summaries=options.settings),
                note="no summaries: the setting summaries.enabled is off",
            )
        requests = [
            summary_request(
                paper, options.settings, project.chunker.count, labels, prompts=project.prompts
            )
            for paper in used
        ]
        asking = SummaryAsking(requests)
        ledger: GenerationLedger = llama_server_pool.ledger
        with generating(ledger, context):
            if options.further_attempts and io_manager.exists(context.asset_key, key):
                plan = plan_summaries(
                    SUMMARIES.read(io_manager, key),
                    further=options.further_attempts,
                    limit=project.settings.extractions.max_attempts,
                )
                grant(ledger, SUMMARY_TASK, plan.attempts)
            result = llama_server_pool.generate(
                requests,
                accept=asking.verdict,
                ask_again=asking.next_request,
                attempts=ATTEMPTS,
                granted=ledger.granted_attempts(
                    SUMMARY_TASK, [request.subject for request in requests]
                ),
                leave_out=options.leave_out,
                title=context.asset_key.to_user_string(),
            )
        rows = [asking.row(one.subject, result.outcomes[one.subject]) for one in requests]
        failed = tally(row.reason for row in rows if row.status != "rejected")
        refuse_above(
            MAX_FAILED_SHARE,
            bad=sum(failed.values()),
            total=len(rows),
            what=f"without an answer ({failed})",
            partition=key,
        )
        return table_output(
            rows,
            SUMMARIES,
            made_under=project.code_version_under(SUMMARIES.asset, summaries=options.settings),
            cut_short=sum(map(is_cut_short, rows)),
            **options.metadata(OPTIONS),
            **generation_metadata(rows, result.report),
        )

    return summaries
