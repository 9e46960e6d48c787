"""Asset `raw_extractions`: the model's raw answer for every chunk."""

import dagster as dg
import pyarrow as pa

from relgen_assets.extraction.validation import validate_all
from relgen_assets.generation.asking_again import AskingAgain
from relgen_assets.generation.extraction_requests import EXTRACTION_TASK, Questions
from relgen_assets.generation.retrying import plan_chunks
from relgen_assets.generation.summary_requests import summaries_shown
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
from relgen_assets.orchestration.assets.known_judge import known_judge
from relgen_assets.orchestration.assets.run_options import (
    read_options,
    server_options,
    setting_options,
)
from relgen_assets.orchestration.first_pass import ask_first
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import CHUNKS, RAW_EXTRACTIONS, SUMMARIES
from resources.generation_ledger.ledger import GenerationLedger
from resources.llama_server_pool.pool import LlamaServerPool
from resources.llama_server_pool.reports import together
from resources.parquet_io_manager import ParquetIOManager
from resources.step_failures import remedy_first

MAX_FAILED_SHARE = 0.2
"""Above this share of unanswered chunks the servers are at fault, not the chunks."""

OPTIONS = ("mode", "temperature", "seed", "variant")
"""The settings that a run may replace."""


def build(project: Project, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset that asks the model for entities and relations."""

    @dg.asset(
        **batch_options(partitions, RAW_EXTRACTIONS.row, "openai", "parquet"),
        pool=SERVERS_POOL,
        config_schema={
            **setting_options(
                "raw_extractions", "extractions", project.settings.extractions, OPTIONS
            ),
            **server_options("raw_extractions", project.settings.pool.endpoints),
        },
    )
    @remedy_first()
    def raw_extractions(
        context: dg.AssetExecutionContext,
        chunks: pa.Table,
        summaries: pa.Table,
        llama_server_pool: LlamaServerPool,
        io_manager: dg.ResourceParam[ParquetIOManager],
    ) -> dg.Output[pa.Table]:
        """One row per chunk: the model's raw answer, entities and relations as JSON, unjudged.

        The prompt shows the summary and the chunk and is stored word for word. A row without an
        answer has a reason.
        """
        key = context.partition_key
        options = read_options(context, project.settings.extractions)
        settings = options.settings
        mode = settings.mode_for(embedded=llama_server_pool.is_embedded)
        rows_of_chunks = CHUNKS.rows(chunks)
        rows_of_summaries = SUMMARIES.rows(summaries)
        texts = summaries_shown(rows_of_summaries)
        labels = request_labels(context)
        ledger: GenerationLedger = llama_server_pool.ledger
        with generating(ledger, context), known_judge(project, ledger, rows_of_chunks) as judge:
            if options.further_attempts and io_manager.exists(context.asset_key, key):
                stored = RAW_EXTRACTIONS.read(io_manager, key)
                plan = plan_chunks(
                    stored,
                    validate_all(
                        rows_of_chunks, stored, project.settings.judging_policy, judge=judge
                    ),
                    rows_of_summaries,
                    further=options.further_attempts,
                    limit=settings.max_attempts,
                )
                grant(ledger, EXTRACTION_TASK, plan.attempts)
            first = ask_first(
                llama_server_pool,
                rows_of_chunks,
                texts,
                mode,
                settings,
                project.settings.judging_policy,
                project.chunker.count,
                labels,
                prompts=project.prompts,
                leave_out=options.leave_out,
            )
            questions = Questions(
                texts, settings, project.chunker.count, labels, project.prompts, first.passes
            )
            tasks = [questions.task(chunk, mode) for chunk in rows_of_chunks]
            if others := sum(task.mode != mode for task in tasks):
                context.log.warning(
                    "%d of %d chunks are not in English, so mode %s finds no terms in them; by "
                    "extractions.other_languages they are %s",
                    others,
                    len(tasks),
                    mode,
                    "refused"
                    if settings.other_languages == "refuse"
                    else "asked about in mode schema",
                )
            asking = AskingAgain(tasks, questions, project.settings.judging_policy, judge)
            result = llama_server_pool.generate(
                [task.request for task in tasks if task.request is not None],
                accept=asking.verdict,
                ask_again=asking.next_request,
                attempts=settings.attempts,
                granted=ledger.granted_attempts(
                    EXTRACTION_TASK, [chunk.chunk_id for chunk in rows_of_chunks]
                ),
                leave_out=options.leave_out,
                title=context.asset_key.to_user_string(),
            )
        rows = [asking.row(task, result.outcomes.get(task.chunk.chunk_id)) for task in tasks]
        failed = sum(row.status == "failed" for row in rows)
        refuse_above(
            MAX_FAILED_SHARE,
            bad=failed,
            total=len(rows),
            what=f"without an answer ({tally(row.reason for row in rows)})",
            partition=key,
        )
        return table_output(
            rows,
            RAW_EXTRACTIONS,
            made_under=project.code_version_under(
                RAW_EXTRACTIONS.asset, extractions=options.settings
            ),
            **options.metadata(OPTIONS),
            mode=mode,
            chunks_in_other_languages=others,
            asked_again=tally(reason for row in rows for reason in row.earlier_reasons),
            **generation_metadata(rows, together([*first.reports, result.report])),
        )

    return raw_extractions
