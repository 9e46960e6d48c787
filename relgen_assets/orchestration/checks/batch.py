"""Checks of one batch: the tables of its assets against the invariants between them.

The tables are read through the IO manager of the graph, so a check sees what is stored, not what
an asset meant to store. A check fails with the number of violations and the first few of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import dagster as dg
import pyarrow as pa
from pydantic import BaseModel

from relgen_assets.integrity import invariants
from relgen_assets.rows.arrow import arrow_schema, from_table
from relgen_assets.rows.models import Chunk, Paper, RawExtraction, Summary, ValidatedExtraction
from relgen_assets.settings import Settings
from resources.parquet_io_manager import ParquetIOManager

MODELS: dict[str, type[BaseModel]] = {
    "raw_papers": Paper,
    "chunks": Chunk,
    "summaries": Summary,
    "raw_extractions": RawExtraction,
    "validated_extractions": ValidatedExtraction,
}
"""Row class of every asset that is stored as a table."""

_SHOWN_VIOLATIONS = 10


@dataclass(frozen=True, slots=True)
class Rule:
    """One invariant as a check.

    Attributes:
        asset: Asset the check belongs to.
        name: Name of the check.
        description: What a reader of the UI should know.
        violations: Function that lists the violations, given the rows of `tables` in order.
        tables: Assets whose rows the function takes.
        tolerated: Share of the asset's rows that may violate the rule.
        severity: `WARN` where a person decides.
    """

    asset: str
    name: str
    description: str
    violations: Callable[..., list[str]]
    tables: tuple[str, ...]
    tolerated: float = 0.0
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR


MAX_UNUSABLE_SHARE = 0.1
MAX_UNSUMMARISED_SHARE = 0.05
MAX_REJECTED_SHARE = 0.25
"""The published predecessor lost 12 % of its answers; a quarter asks for a look at the model."""


def rules(settings: Settings) -> list[Rule]:
    """Return the rules of a batch under the given settings."""
    warn = dg.AssetCheckSeverity.WARN
    chunking = settings.chunking
    papers, chunks, raw, verdicts = (
        "raw_papers",
        "chunks",
        "raw_extractions",
        "validated_extractions",
    )
    return [
        Rule(papers, "ids_are_unique", "No two usable articles share an id.",
             invariants.papers_are_unique, (papers,)),
        Rule(papers, "articles_are_usable", "Few articles are unusable.",
             invariants.unusable_articles, (papers,), MAX_UNUSABLE_SHARE, warn),
        Rule(chunks, "offsets_match_text", "Each chunk is the substring its offsets name, gapless.",
             invariants.chunks_match_articles, (papers, chunks)),
        Rule(chunks, "articles_are_covered", "Nothing of a usable article is missing.",
             partial(
                 invariants.articles_are_covered,
                 limited=chunking.max_chunks_per_article is not None,
             ), (papers, chunks)),
        Rule(chunks, "within_token_limit", f"No chunk exceeds {chunking.tokens} tokens.",
             partial(invariants.chunks_fit, tokens=chunking.tokens), (chunks,)),
        Rule("summaries", "one_per_article", "Each usable article has exactly one summary row.",
             invariants.one_summary_per_article, (papers, "summaries")),
        Rule("summaries", "are_complete", "Nearly all summaries were generated.",
             invariants.summaries_are_complete, ("summaries",), MAX_UNSUMMARISED_SHARE, warn),
        Rule(raw, "one_per_chunk", "Each chunk has exactly one row.",
             invariants.one_answer_per_chunk, (chunks, raw)),
        Rule(raw, "prompts_show_whole_chunk", "Each stored prompt holds its whole chunk.",
             invariants.prompts_show_whole_chunk, (chunks, raw)),
        Rule(verdicts, "one_per_chunk", "Each chunk has exactly one verdict.",
             invariants.one_verdict_per_chunk, (chunks, verdicts)),
        Rule(verdicts, "verdicts_are_whole", "Rejected rows have a reason, others an extraction.",
             invariants.verdicts_are_whole, (verdicts,)),
        Rule(verdicts, "relation_entities_are_listed", "Relations name listed entities only.",
             invariants.relation_entities_are_listed, (verdicts,)),
        Rule(verdicts, "entities_are_grounded", "Every entity occurs in its chunk.",
             invariants.entities_are_grounded, (chunks, verdicts)),
        Rule(verdicts, "few_are_rejected", "Most answers are usable.",
             invariants.rejected_chunks, (verdicts,), MAX_REJECTED_SHARE, warn),
    ]  # fmt: skip


def build_batch_checks(
    settings: Settings, partitions: dg.PartitionsDefinition[str]
) -> list[dg.AssetChecksDefinition]:
    """Return the checks of all table assets, partitioned like them."""
    return [
        *(_schema_check(asset, partitions) for asset in MODELS),
        *(_rule_check(rule, partitions) for rule in rules(settings)),
    ]


def judge_violations(violations: Sequence[str], *, rows: int, rule: Rule) -> dg.AssetCheckResult:
    """Return the result of a rule for a partition with `rows` rows."""
    share = len(violations) / rows if rows else float(bool(violations))
    metadata: dict[str, Any] = {
        "rows": rows,
        "violations": len(violations),
        "share": share,
        "tolerated": rule.tolerated,
    }
    if violations:
        metadata["first"] = dg.MetadataValue.md(
            "\n".join(f"- {violation}" for violation in violations[:_SHOWN_VIOLATIONS])
        )
    return dg.AssetCheckResult(
        passed=share <= rule.tolerated, severity=rule.severity, metadata=metadata
    )


def schema_differences(table: pa.Table, model: type[BaseModel]) -> list[str]:
    """List the columns in which a stored table differs from its row class."""
    expected, found = arrow_schema(model), table.schema
    differences: list[str] = []
    for name in dict.fromkeys([*expected.names, *found.names]):
        wanted = expected.field(name).type if name in expected.names else None
        stored = found.field(name).type if name in found.names else None
        # Types are compared, not their names: parquet renames the items of lists.
        if wanted is None or stored is None or wanted != stored:
            differences.append(f"{name}: expected {wanted}, found {stored}")
    return differences


def _schema_check(asset: str, partitions: dg.PartitionsDefinition[str]) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=asset,
        name="schema",
        description="The stored columns are those of the row class.",
        partitions_def=partitions,
    )
    def check(
        context: dg.AssetCheckExecutionContext, io_manager: dg.ResourceParam[ParquetIOManager]
    ) -> dg.AssetCheckResult:
        table = io_manager.read(asset, context.partition_key)
        differences = schema_differences(table, MODELS[asset])
        return dg.AssetCheckResult(
            passed=not differences,
            metadata={"rows": table.num_rows, "differences": differences},
        )

    return check


def _rule_check(rule: Rule, partitions: dg.PartitionsDefinition[str]) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=rule.asset,
        name=rule.name,
        description=rule.description,
        additional_deps=[name for name in rule.tables if name != rule.asset],
        partitions_def=partitions,
    )
    def check(
        context: dg.AssetCheckExecutionContext, io_manager: dg.ResourceParam[ParquetIOManager]
    ) -> dg.AssetCheckResult:
        tables = {
            name: from_table(io_manager.read(name, context.partition_key), MODELS[name])
            for name in rule.tables
        }
        violations = rule.violations(*tables.values())
        return judge_violations(violations, rows=len(tables[rule.asset]), rule=rule)

    return check
