"""Asset `hf_dataset`: the fine-tuning examples of a batch, as shards of the dataset folder."""

import dagster as dg
import pyarrow as pa

from relgen_assets.export.batch_facts import batch_facts
from relgen_assets.export.empty_rows import states_nothing, thinned
from relgen_assets.export.examples import FullExample
from relgen_assets.export.joining import build_examples
from relgen_assets.export.rejected import rejected_answers
from relgen_assets.export.shard_writing import write_shards
from relgen_assets.export.splits import split_key, split_of
from relgen_assets.orchestration.assets.common import batch_options, column_lineage, preview, tally
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.shaped_by import note_shape
from relgen_assets.orchestration.versions import data_version
from relgen_assets.rows.asset_tables import (
    CHUNKS,
    RAW_EXTRACTIONS,
    RAW_PAPERS,
    SUMMARIES,
    VALIDATED_EXTRACTIONS,
)
from resources import storage
from resources.step_failures import remedy_first


def build(project: Project, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset that writes the shards of a batch.

    Raises:
        ConfigurationError: The tokenizer that the settings name cannot be used.
        SourceError: Evaluation sets that they name are not there.
    """
    settings, shaping = project.settings, project.shaping
    _open_files(project)
    shares = {
        "validation_percent": settings.dataset.validation_percent,
        "test_percent": settings.dataset.test_percent,
    }

    @dg.asset(**batch_options(partitions, FullExample, "huggingface", "parquet"))
    @remedy_first()
    def hf_dataset(
        context: dg.AssetExecutionContext,
        raw_papers: pa.Table,
        chunks: pa.Table,
        summaries: pa.Table,
        raw_extractions: pa.Table,
        validated_extractions: pa.Table,
    ) -> dg.MaterializeResult[None]:
        """One row per chunk with a usable extraction: a complete example for fine-tuning.

        Of those that state no relation, as many as `dataset.empty_percent` allows.

        Examples are parquet shards, one file for each config and split that has rows.

        The tables are joined by id and the joins are verified: an example whose stored prompt does
        not contain its own summary and text is an error, and nothing is written.
        """
        cut = CHUNKS.rows(chunks)
        raw = RAW_EXTRACTIONS.rows(raw_extractions)
        judged = VALIDATED_EXTRACTIONS.rows(validated_extractions)
        papers, summarised = RAW_PAPERS.rows(raw_papers), SUMMARIES.rows(summaries)
        rights = settings.rights.policy()
        evaluation = project.evaluation
        every = build_examples(papers, cut, summarised, raw, judged, shaping, rights, evaluation)
        examples = thinned(every, settings.dataset.empty_percent)
        rejected = rejected_answers(papers, cut, raw, judged) if settings.dataset.rejected else []
        report = write_shards(
            settings.storage.dataset,
            context.partition_key,
            examples,
            shaping=shaping,
            rejected=rejected,
            left_out=len(every) - len(examples),
            batch=batch_facts(papers, cut, summarised, raw, judged).model_copy(
                update={"compared": dict.fromkeys(evaluation.names, len(examples))}
            ),
        )
        note_shape(
            project,
            context.partition_key,
            {
                RAW_PAPERS.asset: raw_papers,
                CHUNKS.asset: chunks,
                SUMMARIES.asset: summaries,
                RAW_EXTRACTIONS.asset: raw_extractions,
                VALIDATED_EXTRACTIONS.asset: validated_extractions,
            },
        )
        splits = {
            row.paper_id: split_of(split_key(row.paper_id, row.title), **shares) for row in examples
        }
        return dg.MaterializeResult(
            data_version=data_version(
                examples,
                [
                    shaping.version,
                    *(f"{article} in {split}" for article, split in splits.items()),
                    *(row.model_dump_json() for row in rejected),
                ],
            ),
            metadata={
                "dagster/row_count": len(examples),
                "preview": preview(examples, FullExample),
                "dagster/column_lineage": column_lineage(FullExample),
                "dagster/uri": storage.shown(settings.storage.dataset),
                "rows_by_split": dict(report.rows),
                "articles_by_split": dict(report.articles),
                "publishable": sum(row.publishable for row in examples),
                "not_publishable_by_reason": tally(
                    row.publishing_reason for row in examples if not row.publishable
                ),
                "without_relations": sum(map(states_nothing, examples)),
                "without_relations_left_out": len(every) - len(examples),
                "too_long": report.lengths.too_long,
                "rechunked": report.lengths.rechunked,
                "rechunked_rows": report.lengths.part_rows,
                "overlapping": report.lengths.overlapping,
                "overlapping_by_file": tally(name for row in examples for name in row.overlaps),
                "bytes": report.size,
                "folder": dg.MetadataValue.path(storage.shown(settings.storage.dataset)),
            },
        )

    return hf_dataset


def _open_files(project: Project) -> None:
    """Stop a run before it asks anything if a file that the settings name cannot be used."""
    if project.settings.dataset.tokenizer:
        project.shaping.counts([])
    _ = project.evaluation_files
