"""Asset `raw_papers`: the articles of a batch, as the source gives them."""

import dagster as dg
import pyarrow as pa

from relgen_assets.orchestration.assets.common import (
    batch_options,
    refuse_above,
    table_output,
    tally,
)
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import RAW_PAPERS
from resources.step_failures import remedy_first

MAX_UNUSABLE_SHARE = 0.5
"""Above this share of unusable articles the source is misread rather than untidy."""


def build(project: Project, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset that reads articles from the project's source."""

    @dg.asset(**batch_options(partitions, RAW_PAPERS.row, "parquet"))
    @remedy_first()
    def raw_papers(context: dg.AssetExecutionContext) -> dg.Output[pa.Table]:
        """One row per article of the batch: title, abstract, section names and full text.

        An article that cannot be used stays as a row, with the reason.
        """
        rows = project.batches.rows(context.partition_key)
        papers = list(project.source.read(rows.start, rows.stop))
        reasons = tally(paper.reason for paper in papers)
        unusable = sum(reasons.values())
        if unusable:
            context.log.warning("%d of %d articles unusable: %s", unusable, len(papers), reasons)
        refuse_above(
            MAX_UNUSABLE_SHARE,
            bad=unusable,
            total=len(papers),
            what=f"unusable ({reasons})",
            partition=context.partition_key,
        )
        return table_output(
            papers,
            RAW_PAPERS,
            articles=len(papers),
            unusable=unusable,
            unusable_by_reason=reasons,
            control_tokens=tally(one.token for paper in papers for one in paper.control_tokens),
            articles_with_control_tokens=sum(bool(paper.control_tokens) for paper in papers),
            characters=sum(len(paper.article) for paper in papers),
        )

    return raw_papers
