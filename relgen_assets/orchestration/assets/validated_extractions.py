"""Asset `validated_extractions`: exactly one verdict per chunk."""

from typing import Any

import dagster as dg
import pyarrow as pa

from relgen_assets.evaluation.agreement import shared_texts
from relgen_assets.extraction.validation import validate_all
from relgen_assets.extraction.version import judged_by, validator
from relgen_assets.generation.yields import Yield
from relgen_assets.orchestration.agreement_metadata import agreement_metadata
from relgen_assets.orchestration.assets.common import (
    batch_options,
    refuse_above,
    table_output,
    tally,
)
from relgen_assets.orchestration.assets.known_judge import known_judge
from relgen_assets.orchestration.assets.story_preview import story_preview
from relgen_assets.orchestration.energy import KWH, kwh_per_examples, spent_kwh
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import (
    CHUNKS,
    RAW_EXTRACTIONS,
    SECOND_OPINIONS,
    VALIDATED_EXTRACTIONS,
)
from resources.generation_ledger.ledger import GenerationLedger
from resources.generation_ledger.verdicts_and_grants import RecordedVerdict
from resources.step_failures import remedy_first

MAX_REJECTED_SHARE = 0.9
"""Above this share of rejected answers the model or the prompt is unfit, not the articles."""


def build(project: Project, partitions: dg.PartitionsDefinition[str]) -> dg.AssetsDefinition:
    """Return the asset that repairs, grounds and judges the raw answers."""
    asks_model = project.settings.judging.asks_model

    @dg.asset(
        **batch_options(partitions, VALIDATED_EXTRACTIONS.row, "pydantic", "parquet"),
        ins={SECOND_OPINIONS.asset: dg.AssetIn()} if asks_model else {},
    )
    @remedy_first()
    def validated_extractions(
        context: dg.AssetExecutionContext,
        chunks: pa.Table,
        raw_extractions: pa.Table,
        generation_ledger: GenerationLedger,
        **asked: pa.Table,
    ) -> dg.Output[pa.Table]:
        """One row per chunk: the verdict on its answer, and the extraction unless it is rejected.

        Answers are parsed, repaired where a rule allows it, and grounded in their chunk. Relations
        that a second opinion denies are dropped, where one is asked for.

        The verdicts are also recorded in the ledger, with the answers that they judge.
        """
        answers = RAW_EXTRACTIONS.rows(raw_extractions)
        rows_of_chunks = CHUNKS.rows(chunks)
        policy = project.settings.judging_policy
        opinions = [row for table in asked.values() for row in SECOND_OPINIONS.rows(table)]
        with known_judge(project, generation_ledger, rows_of_chunks) as judge:
            rows = validate_all(rows_of_chunks, answers, policy, opinions=opinions, judge=judge)
        rules = judged_by(validator(policy), asks_model=asks_model)
        generation_ledger.record_verdicts(
            [
                RecordedVerdict(answer.key, rules, row.verdict, row.reason, tuple(row.repairs))
                for answer, row in zip(answers, rows, strict=True)
                if answer.key
            ]
        )
        reasons = tally(row.reason for row in rows)
        refuse_above(
            MAX_REJECTED_SHARE,
            bad=sum(row.verdict == "rejected" for row in rows),
            total=len(rows),
            what=f"rejected ({reasons})",
            partition=context.partition_key,
        )
        gains = Yield()
        for answer, row in zip(answers, rows, strict=True):
            gains.add(answer.earlier_reasons, usable=row.extraction is not None)
        extractions = [row.extraction for row in rows if row.extraction is not None]
        return table_output(
            rows,
            VALIDATED_EXTRACTIONS,
            made_under=project.code_versions[VALIDATED_EXTRACTIONS.asset],
            stories=story_preview(
                context.partition_key,
                rows_of_chunks,
                answers,
                rows,
                project.settings.judging_policy,
            ),
            rules=rules,
            by_verdict=tally(row.verdict for row in rows),
            rejected_by_reason=reasons,
            accepted_at_first=gains.first,
            accepted_after_asking_again=gains.later,
            gained_by_reason=gains.by_reason(),
            repairs=tally(code for row in rows for code in row.repairs),
            entities=sum(len(extraction.list_of_entities) for extraction in extractions),
            relations=sum(len(extraction.relations) for extraction in extractions),
            state_nothing=sum(not extraction.relations for extraction in extractions),
            names_by_status=tally(name.status for row in rows for name in row.grounding),
            relations_kept_with_a_fault=tally(one.fault for row in rows for one in row.evidence),
            **agreement_metadata(shared_texts(rows_of_chunks, answers, rows)),
            **_energy(context, len(extractions)),
        )

    return validated_extractions


def _energy(context: dg.AssetExecutionContext, examples: int) -> dict[str, Any]:
    """Return the energy spent on this batch so far, if endpoints have `watts`."""
    kwh = spent_kwh(context.instance, [context.partition_key])
    per_examples = kwh_per_examples(kwh, examples)
    if not kwh or per_examples is None:
        return {}
    return {KWH: kwh, "kwh_per_1000_valid_examples": per_examples}
