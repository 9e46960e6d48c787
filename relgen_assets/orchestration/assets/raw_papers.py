"""Asset `raw_papers`: the articles of a batch, as the source gives them."""

import dagster as dg
import pyarrow as pa

from relgen_assets.orchestration.assets.common import (
    batch_options,
    refuse_above,
    table_output,
    tally,
)
from relgen_assets.orchestration.beginning import one_at_a_time, read_batch
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import RAW_PAPERS
from resources.generation_ledger.ledger import GenerationLedger
from resources.parquet_io_manager import ParquetIOManager
from resources.step_failures import remedy_first

MAX_UNUSABLE_SHARE = 0.5
"""Above this share of unusable articles the source is misread rather than untidy."""


def build(project: Project, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset that reads articles from the project's source."""

    @dg.asset(**batch_options(partitions, RAW_PAPERS.row, "parquet"))
    @remedy_first()
    def raw_papers(
        context: dg.AssetExecutionContext,
        io_manager: dg.ResourceParam[ParquetIOManager],
        generation_ledger: GenerationLedger,
    ) -> dg.Output[pa.Table]:
        """One row per article of the batch: title, abstract, section names and full text.

        An article that cannot be used stays as a row, with the reason.
        """
        planner, key = project.planner, context.partition_key
        with one_at_a_time(generation_ledger):
            begun = read_batch(planner, key, project.settings.batches, io_manager)
            papers = begun.papers
            reasons = tally(paper.reason for paper in papers)
            remarks = tally(remark for paper in papers for remark in paper.remarks)
            unusable = sum(reasons.values())
            refuse_above(
                MAX_UNUSABLE_SHARE,
                bad=unusable - len(begun.elsewhere),
                total=len(papers),
                what=f"unusable ({reasons})",
                partition=key,
            )
            planner.manifests.write(begun.manifest)
        if unusable:
            context.log.warning("%d of %d articles unusable: %s", unusable, len(papers), reasons)
        if remarks:
            context.log.info("odd in the rows of articles: %s", remarks)
        for place in begun.kept:
            context.log.warning(
                "%s was %s in the source; it stays as it was stored", place.note.id, place.change
            )
        return table_output(
            papers,
            RAW_PAPERS,
            made_under=project.code_versions[RAW_PAPERS.asset],
            articles=len(papers),
            unusable=unusable,
            unusable_by_reason=reasons,
            control_tokens=tally(one.token for paper in papers for one in paper.control_tokens),
            articles_with_control_tokens=sum(bool(paper.control_tokens) for paper in papers),
            remarks=remarks,
            characters=sum(len(paper.article) for paper in papers),
        )

    return raw_papers
