"""Checks of the finished dataset: the shards of a batch, and the folder as a whole.

The checks ask the files themselves. Those of `dataset_card` look at every batch that exists. How
the dataset fits the tables it was made from is in `conservation` and `faithfulness`.
"""

import dagster as dg

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.loading import (
    article_places,
    in_two_batches,
    in_two_splits,
    loads,
)
from relgen_assets.export.shards import find_shards
from relgen_assets.orchestration.checks.lineage import build_faithfulness_checks
from relgen_assets.orchestration.checks.reconciliation import build_conservation_checks
from relgen_assets.orchestration.project import Project


def build_dataset_checks(
    project: Project, partitions: dg.PartitionsDefinition[str]
) -> list[dg.AssetChecksDefinition]:
    """Return the checks of `hf_dataset` and `dataset_card`."""
    root = project.settings.storage.dataset
    return [
        _schema(root, partitions),
        _one_split_per_article(root, partitions),
        *_folder_checks(root),
        *build_conservation_checks(project, partitions),
        *build_faithfulness_checks(project, partitions),
    ]


def _schema(root: str, partitions: dg.PartitionsDefinition[str]) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="hf_dataset",
        partitions_def=partitions,
        description="The shards of the batch can be read and have the columns of their configs.",
    )
    def schema(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        try:
            shards = find_shards(root, context.partition_key)
        except DatasetError as error:
            return dg.AssetCheckResult(passed=False, metadata={"fault": str(error)})
        return dg.AssetCheckResult(passed=True, metadata={"shards": len(shards)})

    return schema


def _one_split_per_article(
    root: str, partitions: dg.PartitionsDefinition[str]
) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="hf_dataset",
        partitions_def=partitions,
        description="No article of the batch has rows in two splits.",
    )
    def one_split_per_article(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        torn = in_two_splits(article_places(root, context.partition_key))
        return dg.AssetCheckResult(passed=not torn, metadata={"articles": torn[:20]})

    return one_split_per_article


def _folder_checks(root: str) -> list[dg.AssetChecksDefinition]:
    @dg.asset_check(
        asset="dataset_card",
        description="Every config loads with `datasets`, with as many rows as the shards hold.",
    )
    def folder_loads() -> dg.AssetCheckResult:
        try:
            shards = find_shards(root)
            found = loads(root, shards)
        except DatasetError as error:
            return dg.AssetCheckResult(passed=False, metadata={"fault": str(error)})
        loaded = {f"{config}/{split}": rows for (config, split), rows in found.items()}
        expected: dict[str, int] = {}
        for shard in shards:
            place = f"{shard.config}/{shard.split}"
            expected[place] = expected.get(place, 0) + shard.rows
        return dg.AssetCheckResult(
            passed=loaded == expected, metadata={"loaded": loaded, "expected": expected}
        )

    @dg.asset_check(
        asset="dataset_card", description="No article has rows in two splits or in two batches."
    )
    def articles_are_in_one_place() -> dg.AssetCheckResult:
        places = article_places(root)
        splits, batches = in_two_splits(places), in_two_batches(places)
        return dg.AssetCheckResult(
            passed=not splits and not batches,
            metadata={"in_two_splits": splits[:20], "in_two_batches": batches[:20]},
        )

    return [folder_loads, articles_are_in_one_place]
