"""Asset `chunks`: every usable article as overlapping windows of a fixed number of tokens."""

import dagster as dg
import pyarrow as pa

from relgen_assets.orchestration.assets.common import batch_options, table_output
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import CHUNKS, RAW_PAPERS
from resources.step_failures import remedy_first


def build(project: Project, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset that cuts articles into chunks."""
    chunking = project.settings.chunking

    @dg.asset(**batch_options(partitions, CHUNKS.row, "sentencepiece", "parquet"))
    @remedy_first()
    def chunks(raw_papers: pa.Table) -> dg.Output[pa.Table]:
        """Exact substrings of the articles with their offsets; overlapping windows of tokens."""
        papers = [paper for paper in RAW_PAPERS.rows(raw_papers) if paper.status == "used"]
        limit = chunking.max_chunks_per_article
        rows = [
            chunk
            for paper in papers
            for chunk in project.chunker.chunks(paper.paper_id, paper.article, limit=limit)
        ]
        last_ends = {chunk.paper_id: chunk.end for chunk in rows}
        return table_output(
            rows,
            CHUNKS,
            articles=len(papers),
            tokens=sum(chunk.tokens for chunk in rows),
            longest_chunk_tokens=max((chunk.tokens for chunk in rows), default=0),
            characters_beyond_chunk_limit=sum(
                len(paper.article) - last_ends.get(paper.paper_id, 0) for paper in papers
            ),
        )

    return chunks
