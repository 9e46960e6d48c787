"""Asset `chunks`: every usable article as overlapping windows of a fixed number of tokens."""

import dagster as dg
import pyarrow as pa

from relgen_assets.orchestration.assets.common import batch_options, table_output
from relgen_assets.orchestration.assets.run_options import read_options, setting_options
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import CHUNK_LIMIT, CHUNKS, RAW_PAPERS
from resources.step_failures import remedy_first

OPTIONS = (CHUNK_LIMIT,)
"""The settings that a run may replace."""


def build(project: Project, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset that cuts articles into chunks."""

    @dg.asset(
        **batch_options(partitions, CHUNKS.row, "sentencepiece", "parquet"),
        config_schema=setting_options("chunks", "chunking", project.settings.chunking, OPTIONS),
    )
    @remedy_first()
    def chunks(context: dg.AssetExecutionContext, raw_papers: pa.Table) -> dg.Output[pa.Table]:
        """One row per chunk: an exact substring of its article, with its offsets and tokens.

        Neighbouring chunks of an article overlap; together they cover all of it.
        """
        papers = [paper for paper in RAW_PAPERS.rows(raw_papers) if paper.status == "used"]
        options = read_options(context, project.settings.chunking)
        limit = options.settings.max_chunks_per_article
        rows = [
            chunk
            for paper in papers
            for chunk in project.chunker.chunks(paper.paper_id, paper.article, limit=limit)
        ]
        last_ends = {chunk.paper_id: chunk.end for chunk in rows}
        return table_output(
            rows,
            CHUNKS,
            {name: str(value) for name, value in options.replaced.items()},
            made_under=project.code_version_under(CHUNKS.asset, chunking=options.settings),
            **options.metadata(OPTIONS),
            articles=len(papers),
            tokens=sum(chunk.tokens for chunk in rows),
            longest_chunk_tokens=max((chunk.tokens for chunk in rows), default=0),
            characters_beyond_chunk_limit=sum(
                len(paper.article) - last_ends.get(paper.paper_id, 0) for paper in papers
            ),
        )

    return chunks
