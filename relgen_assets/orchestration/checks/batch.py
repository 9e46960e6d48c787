"""Checks of the tables of one batch: each against its row class, and the invariants between them.

A check fails with the number of violations and the first few of them. The invariants themselves are
in `integrity.invariants`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import dagster as dg
import pyarrow as pa
from pydantic import BaseModel

from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.integrity import invariants
from relgen_assets.integrity.offsets import verdicts_off_their_texts
from relgen_assets.orchestration.checks.agreement import agreement_check
from relgen_assets.orchestration.checks.step import Check, build_step
from relgen_assets.orchestration.checks.views import BatchTables
from relgen_assets.rows.arrow import arrow_schema
from relgen_assets.rows.asset_tables import (
    ASSET_TABLES,
    CHUNK_LIMIT,
    CHUNKS,
    RAW_EXTRACTIONS,
    RAW_PAPERS,
    SECOND_OPINIONS,
    STORED_TABLES,
    SUMMARIES,
    VALIDATED_EXTRACTIONS,
    AssetTable,
)
from relgen_assets.settings import Settings

_SHOWN_VIOLATIONS = 10

Table = AssetTable[Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One invariant as a check.

    Attributes:
        table: Table of the asset the check belongs to.
        description: What a reader of the UI should know.
        violations: Function that lists the violations, given the rows of `tables` in order.
        tables: Tables whose rows the function takes.
        tolerated: Share of the asset's rows that may violate the rule.
        severity: `WARN` where a person decides.
        arguments: Returns further arguments of the function, which depend on what is stored.
    """

    table: Table
    name: str
    description: str
    violations: Callable[..., list[str]]
    tables: tuple[Table, ...]
    tolerated: float = 0.0
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR
    arguments: Callable[[BatchTables], dict[str, Any]] = lambda _batch: {}


MAX_UNUSABLE_SHARE = 0.1
MAX_UNSUMMARISED_SHARE = 0.05
MAX_MISSING_OPINIONS = 0.05
MAX_REJECTED_SHARE = 0.25
"""The published predecessor lost 12 % of its answers; losing a quarter calls for a closer look."""


def rules(settings: Settings) -> list[Rule]:
    """Return the rules of a batch under the given settings."""
    warn = dg.AssetCheckSeverity.WARN
    chunking = settings.chunking
    papers, raw, verdicts = RAW_PAPERS, RAW_EXTRACTIONS, VALIDATED_EXTRACTIONS
    return [
        Rule(papers, "ids_are_unique", "No two usable articles share an id.",
             invariants.papers_are_unique, (papers,)),
        Rule(papers, "articles_are_usable", "Few articles are unusable.",
             invariants.unusable_articles, (papers,), MAX_UNUSABLE_SHARE, warn),
        Rule(CHUNKS, "offsets_match_text", "Chunks are what their offsets say, without gaps.",
             invariants.chunks_match_articles, (papers, CHUNKS)),
        Rule(CHUNKS, "articles_are_covered", "Nothing of a usable article is missing.",
             invariants.articles_are_covered, (papers, CHUNKS),
             arguments=lambda batch: {
                 "limited": chunking.max_chunks_per_article is not None or _cut_by_run(batch)
             }),
        Rule(CHUNKS, "within_token_limit", f"No chunk exceeds {chunking.tokens} tokens.",
             partial(invariants.chunks_fit, tokens=chunking.tokens), (CHUNKS,)),
        Rule(SUMMARIES, "one_per_article", "Each usable article has exactly one summary row.",
             invariants.one_summary_per_article, (papers, SUMMARIES)),
        Rule(SUMMARIES, "are_complete", "Nearly all summaries were generated.",
             invariants.summaries_are_complete, (SUMMARIES,), MAX_UNSUMMARISED_SHARE, warn),
        Rule(raw, "one_per_chunk", "Each chunk has exactly one row.",
             invariants.one_answer_per_chunk, (CHUNKS, raw)),
        Rule(raw, "prompts_show_whole_chunk", "Each stored prompt holds its whole chunk.",
             invariants.prompts_show_whole_chunk, (CHUNKS, raw)),
        Rule(verdicts, "one_per_chunk", "Each chunk has exactly one verdict.",
             invariants.one_verdict_per_chunk, (CHUNKS, verdicts)),
        Rule(verdicts, "verdicts_are_whole", "Rejected rows have a reason, others an extraction.",
             invariants.verdicts_are_whole, (verdicts,)),
        Rule(verdicts, "relation_entities_are_listed", "Relations name listed entities only.",
             invariants.relation_entities_are_listed, (verdicts,)),
        Rule(verdicts, "entities_are_grounded", "Every entity occurs in its chunk, or is marked.",
             invariants.entities_are_grounded, (CHUNKS, verdicts)),
        Rule(verdicts, "offsets_match_text", "Names and evidence stand where the offsets say.",
             verdicts_off_their_texts, (CHUNKS, verdicts)),
        Rule(verdicts, "few_are_rejected", "Most answers are usable.",
             invariants.rejected_chunks, (verdicts,), MAX_REJECTED_SHARE, warn),
        *(_rules_of_opinions(settings.judging_policy) if settings.judging.asks_model else []),
    ]  # fmt: skip


def _rules_of_opinions(policy: JudgingPolicy) -> list[Rule]:
    opinions, raw = SECOND_OPINIONS, RAW_EXTRACTIONS
    return [
        Rule(opinions, "one_per_relation", "Each relation that the rules keep has one opinion.",
             invariants.opinions_match_relations, (CHUNKS, raw, opinions),
             arguments=lambda _batch: {"policy": policy}),
        Rule(opinions, "passages_are_of_their_chunk", "Each prompt shows a passage of its chunk.",
             invariants.opinions_are_of_their_chunk, (CHUNKS, opinions)),
        Rule(opinions, "few_are_missing", "Nearly all opinions could be had.",
             invariants.missing_opinions, (opinions,), MAX_MISSING_OPINIONS,
             dg.AssetCheckSeverity.WARN),
    ]  # fmt: skip


def build_table_checks(
    settings: Settings, partitions: dg.PartitionsDefinition[str]
) -> list[dg.AssetChecksDefinition]:
    """Return the checks of all tables, one step for each asset, partitioned like it."""
    tables = STORED_TABLES if settings.judging.asks_model else ASSET_TABLES
    by_asset: dict[str, list[Check[BatchTables]]] = {
        table.asset: [_schema_check(table)] for table in tables
    }
    for rule in rules(settings):
        by_asset[rule.table.asset].append(_rule_check(rule))
    by_asset[VALIDATED_EXTRACTIONS.asset].append(
        agreement_check(settings.evaluation.least_agreement_percent)
    )
    return [
        build_step(
            f"{asset}_checks",
            asset,
            checks,
            lambda context: BatchTables(context.partition_key, context.resources.io_manager),
            resources={"io_manager"},
            partitions=partitions,
        )
        for asset, checks in by_asset.items()
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
        # Not as Markdown: an id may name an image, which a browser would load.
        metadata["first"] = list(violations[:_SHOWN_VIOLATIONS])
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


def _cut_by_run(batch: BatchTables) -> bool:
    """Return whether the run that stored the chunks had a limit on them of its own."""
    return CHUNK_LIMIT.encode() in (batch.table(CHUNKS).schema.metadata or {})


def _schema_check(which: Table) -> Check[BatchTables]:
    def evaluate(batch: BatchTables) -> dg.AssetCheckResult:
        table = batch.table(which)
        differences = schema_differences(table, which.row)
        return dg.AssetCheckResult(
            passed=not differences,
            metadata={"rows": table.num_rows, "differences": differences},
        )

    return Check("schema", "The stored columns match the row class.", evaluate)


def _rule_check(rule: Rule) -> Check[BatchTables]:
    def evaluate(batch: BatchTables) -> dg.AssetCheckResult:
        rows = [batch.rows(table) for table in rule.tables]
        violations = rule.violations(*rows, **rule.arguments(batch))
        return judge_violations(violations, rows=len(batch.rows(rule.table)), rule=rule)

    others = [table.asset for table in rule.tables if table != rule.table]
    blocking = rule.severity is dg.AssetCheckSeverity.ERROR
    return Check(rule.name, rule.description, evaluate, others, blocking=blocking)
