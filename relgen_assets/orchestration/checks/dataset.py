"""Checks of the finished dataset: the shards of a batch, and the folder over all batches.

These checks read the files themselves. Whether the dataset matches the tables it was made from is
checked in `reconciliation` and `lineage`.
"""

import dagster as dg

from relgen_assets.domain_errors import DatasetError
from relgen_assets.export.empty_rows import most_empty
from relgen_assets.export.loading import article_places, in_two_batches, in_two_splits, loads
from relgen_assets.integrity import duplicates
from relgen_assets.integrity.control_tokens import rows_with_control_tokens
from relgen_assets.integrity.offsets import rows_off_their_texts
from relgen_assets.orchestration.checks import card, lineage, reconciliation
from relgen_assets.orchestration.checks.provenance import provenance_checks
from relgen_assets.orchestration.checks.reconciliation import SHOWN_FAULTS
from relgen_assets.orchestration.checks.step import Check, build_step
from relgen_assets.orchestration.checks.views import BatchDataset, RecordedDataset, WholeDataset
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.renewed_card import about
from relgen_assets.rows.asset_tables import RAW_PAPERS, VALIDATED_EXTRACTIONS

_SHOWN_ARTICLES = 20


def build_dataset_checks(
    project: Project, partitions: dg.PartitionsDefinition[str]
) -> list[dg.AssetChecksDefinition]:
    """Return the checks of `hf_dataset` and `dataset_card`.

    The check that reads every row of every batch is a separate step: it does not run with the card.
    """
    root = project.settings.storage.dataset
    keeps_rejected = project.settings.dataset.rejected
    return [
        build_step(
            "hf_dataset_checks",
            "hf_dataset",
            # Lineage first: it reads whole tables, in which reconciliation finds its columns.
            [
                *_SHARD_CHECKS,
                card.footer_check(project.shaping),
                _empty_rows_check(project.settings.dataset.empty_percent),
                lineage.batch_check(project.shaping),
                reconciliation.batch_check(project, keeps_rejected=keeps_rejected),
            ],
            lambda context: BatchDataset(
                context.partition_key,
                context.resources.io_manager,
                root,
                context.resources.generation_ledger,
            ),
            resources={"io_manager", "generation_ledger"},
            partitions=partitions,
        ),
        build_step(
            "dataset_card_checks",
            "dataset_card",
            [
                *_FOLDER_CHECKS,
                card.card_check(about(project)),
                reconciliation.overall_check(project, keeps_rejected=keeps_rejected),
                *provenance_checks(project.code_versions),
            ],
            lambda context: WholeDataset(context.resources.io_manager, root, context.instance),
            resources={"io_manager"},
        ),
        build_step(
            "dataset_card_every_row",
            "dataset_card",
            [lineage.overall_check(project.shaping)],
            lambda context: RecordedDataset(
                context.resources.io_manager,
                root,
                context.instance,
                context.resources.generation_ledger,
            ),
            resources={"io_manager", "generation_ledger"},
        ),
    ]


def _shards_are_readable(batch: BatchDataset) -> dg.AssetCheckResult:
    try:
        shards = batch.shards
    except DatasetError as error:
        return dg.AssetCheckResult(passed=False, metadata={"fault": str(error)})
    return dg.AssetCheckResult(passed=True, metadata={"shards": len(shards)})


def _one_split_per_article(batch: BatchDataset) -> dg.AssetCheckResult:
    torn = in_two_splits(article_places(batch.root, batch.key))
    return dg.AssetCheckResult(passed=not torn, metadata={"articles": torn[:_SHOWN_ARTICLES]})


def _offsets_match_text(batch: BatchDataset) -> dg.AssetCheckResult:
    full = batch.full_rows
    faults = rows_off_their_texts(full)
    return dg.AssetCheckResult(
        passed=not faults,
        metadata={
            "rows": len(full),
            "mentions": sum(len(one.mentions) for row in full for one in row.grounding),
            "evidence": sum(len(one.sentences) for row in full for one in row.evidence),
            "violations": len(faults),
            "first": faults[:SHOWN_FAULTS],
        },
    )


def _holds_no_control_tokens(batch: BatchDataset) -> dg.AssetCheckResult:
    shards = batch.shards
    faults = rows_with_control_tokens(shards)
    return dg.AssetCheckResult(
        passed=not faults,
        metadata={
            "rows": sum(shard.rows for shard in shards),
            "replaced_in_chunks": sum(len(row.replaced) for row in batch.full_rows),
            "violations": len(faults),
            "first": faults[:SHOWN_FAULTS],
        },
    )


def _empty_rows_check(percent: int) -> Check[BatchDataset]:
    """Return the check that as many rows without relations stand as the share allows."""

    def evaluate(batch: BatchDataset) -> dg.AssetCheckResult:
        verdicts = batch.columns(VALIDATED_EXTRACTIONS, ("verdict", "evidence")).to_pylist()
        stated = [len(row["evidence"]) for row in verdicts if row["verdict"] != "rejected"]
        empty = stated.count(0)
        expected = most_empty(len(stated) - empty, empty, percent)
        standing = sum(one.facts.empty for one in batch.shards if one.facts is not None)
        return dg.AssetCheckResult(
            passed=standing == expected,
            metadata={"answers": empty, "rows": standing, "expected": expected},
        )

    return Check(
        "empty_rows_have_their_share",
        f"Of the answers without relations, as many stand as {percent} % of the rows allow.",
        evaluate,
        (VALIDATED_EXTRACTIONS.asset,),
    )


def _folder_loads(dataset: WholeDataset) -> dg.AssetCheckResult:
    try:
        shards = dataset.shards
        # A folder without a shard cannot be loaded, and need not: no batch has got that far.
        found = loads(dataset.root, shards) if shards else {}
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


def _articles_are_in_one_place(dataset: WholeDataset) -> dg.AssetCheckResult:
    places = article_places(dataset.root)
    splits, batches = in_two_splits(places), in_two_batches(places)
    return dg.AssetCheckResult(
        passed=not splits and not batches,
        metadata={
            "in_two_splits": splits[:_SHOWN_ARTICLES],
            "in_two_batches": batches[:_SHOWN_ARTICLES],
        },
    )


def _versions_share_a_split(dataset: WholeDataset) -> dg.AssetCheckResult:
    store = dataset.store
    groups = duplicates.versions(
        store.read(RAW_PAPERS.asset, key, duplicates.COLUMNS)
        for key in store.partitions(RAW_PAPERS.asset)
    )
    places = {
        article: {split for split, _ in found}
        for article, found in article_places(dataset.root).items()
    }
    apart = duplicates.in_two_splits(groups, places)
    return dg.AssetCheckResult(
        passed=not apart,
        severity=dg.AssetCheckSeverity.WARN,  # a release puts them together
        metadata={
            "groups": len(groups),
            "articles_in_groups": sum(map(len, groups)),
            "versions": groups[:_SHOWN_ARTICLES],
            "in_two_splits": apart[:_SHOWN_ARTICLES],
        },
    )


_SHARD_CHECKS = (
    Check(
        "schema",
        "The shards of the batch can be read and have the columns of their configs.",
        _shards_are_readable,
    ),
    Check(
        "one_split_per_article",
        "No article of the batch has rows in two splits.",
        _one_split_per_article,
    ),
    Check(
        "offsets_match_text",
        "In `full`, every mention of an entity and all evidence stand in the text of their row,"
        " where their offsets say.",
        _offsets_match_text,
    ),
    Check(
        "no_control_tokens",
        "No row of any config holds a control token of a chat template, which a trainer would take"
        " for the end or the beginning of a turn. A batch that fails has to be made again from"
        " raw_papers on.",
        _holds_no_control_tokens,
    ),
)
_FOLDER_CHECKS = (
    Check(
        "folder_loads",
        "Every config loads with `datasets`, with as many rows as the shards hold.",
        _folder_loads,
    ),
    Check(
        "articles_are_in_one_place",
        "No article has rows in two splits or in two batches.",
        _articles_are_in_one_place,
    ),
    Check(
        "versions_share_a_split",
        "Near duplicates, such as a preprint and its publication, are in one split; a release puts"
        " them together.",
        _versions_share_a_split,
        blocking=False,
    ),
)
