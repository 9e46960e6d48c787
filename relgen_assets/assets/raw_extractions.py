"""Asset `raw_extractions`: the model's raw answer for every chunk."""

import dagster as dg
import pyarrow as pa

from relgen_assets.assets.common import batch_options, refuse_above, table_output, tally
from relgen_assets.assets.generated import generation_metadata, request_labels
from relgen_assets.generation import Mode, extraction_row, extraction_tasks, is_extraction
from relgen_assets.models import Chunk, RawExtraction, Summary
from relgen_assets.project import Project
from relgen_assets.tables import from_table
from resources.llama_server_pool import LlamaServerPool

MAX_FAILED_SHARE = 0.2
"""Above this share of unanswered chunks the servers are at fault, not the chunks."""


def build(project: Project, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset that asks the model for entities and relations."""
    settings = project.settings.extractions

    @dg.asset(**batch_options(partitions, RawExtraction, "openai", "parquet"))
    def raw_extractions(
        context: dg.AssetExecutionContext,
        chunks: pa.Table,
        summaries: pa.Table,
        llama_server_pool: LlamaServerPool,
    ) -> dg.Output[pa.Table]:
        """Summary and chunk to JSON with entities and relations, under a schema; answers as given."""
        mode = _mode(settings.mode, embedded=llama_server_pool.is_embedded)
        rows_of_chunks = from_table(chunks, Chunk)
        texts = {
            row.paper_id: row.text
            for row in from_table(summaries, Summary)
            if row.status == "completed" and row.text.strip()
        }
        tasks = extraction_tasks(
            rows_of_chunks, texts, mode, settings, project.chunker.count, request_labels(context)
        )
        result = llama_server_pool.generate(
            [task.request for task in tasks if task.request is not None],
            accept=is_extraction({chunk.chunk_id: chunk.text for chunk in rows_of_chunks}),
            attempts=settings.attempts,
            title=context.asset_key.to_user_string(),
        )
        rows = [
            extraction_row(task, mode, result.outcomes.get(task.chunk.chunk_id)) for task in tasks
        ]
        failed = sum(row.status == "failed" for row in rows)
        refuse_above(
            MAX_FAILED_SHARE,
            bad=failed,
            total=len(rows),
            what=f"without an answer ({tally(row.reason for row in rows)})",
            partition=context.partition_key,
        )
        return table_output(rows, RawExtraction, **generation_metadata(rows, result.report))

    return raw_extractions


def _mode(configured: str, *, embedded: bool) -> Mode:
    """Return how decoding is constrained; small models need the candidates."""
    if configured == "auto":
        return "candidates" if embedded else "schema"
    return "candidates" if configured == "candidates" else "schema"
