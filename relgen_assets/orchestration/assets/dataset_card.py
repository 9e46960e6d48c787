"""Asset `dataset_card`: the README that makes the dataset folder loadable; one for all batches."""

import dagster as dg

from relgen_assets.export.shards import shard_places
from relgen_assets.orchestration.assets.common import GROUP, OWNERS
from relgen_assets.orchestration.energy import spent_kwh
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.renewed_card import renew_card
from relgen_assets.orchestration.versions import text_version
from resources.step_failures import remedy_first


def build(project: Project) -> dg.AssetsDefinition:
    """Return the asset that writes the card from the shards that exist."""

    @dg.asset(
        deps=[dg.AssetDep("hf_dataset", partition_mapping=dg.AllPartitionMapping())],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"python", "huggingface", "markdown"},
        # A new batch asks for a new card; batches that do not exist yet do not hold it up.
        automation_condition=(
            dg.AutomationCondition.any_deps_updated().since_last_handled()
            & ~dg.AutomationCondition.in_progress()
        ),
    )
    @remedy_first()
    def dataset_card(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """README.md with the YAML for `datasets.load_dataset`, after any number of batches."""
        batches = {key for _, _, key in shard_places(project.settings.storage.dataset)}
        report = renew_card(project, kwh=spent_kwh(context.instance, sorted(batches)))
        return dg.MaterializeResult(
            data_version=text_version([report.text]),
            metadata={
                "card": dg.MetadataValue.md(report.body),
                "path": dg.MetadataValue.path(report.url),
                "batches": report.partitions,
                "articles": report.articles,
                "outdated_batches": report.outdated,
                "max_length": report.lengths.max_length,
                "too_long": report.lengths.too_long,
                "rechunked": report.lengths.rechunked,
                "overlapping": report.lengths.overlapping,
                "rows": {
                    f"{config}/{split}": rows
                    for config, splits in report.rows.items()
                    for split, rows in splits.items()
                },
            },
        )

    return dataset_card
