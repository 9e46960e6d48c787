"""Which prompt templates a chunk is asked about with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from relgen_assets.prompts import PromptTask, task_for
from relgen_assets.rows.models import Mode

_TEMPLATES: Mapping[Mode, PromptTask] = {
    "candidates": "extraction_candidates",
    "quote": "extraction_quote",
    "schema": "extraction_schema",
    "two_pass": "extraction_relations",
}
ENTITIES_TEMPLATE: PromptTask = "extraction_entities"
"""The template of the first of two passes."""


def extraction_template(
    mode: Mode, *, quote_evidence: bool = False, summarised: bool = True
) -> PromptTask:
    """Return the prompt template that a mode uses; of two passes that of the second."""
    task = "extraction_evidence" if quote_evidence else _TEMPLATES[mode]
    return task_for(task, summarised=summarised)


def extraction_templates(
    mode: Mode, terms: Sequence[str], *, quote_evidence: bool = False, summarised: bool = True
) -> tuple[PromptTask, ...]:
    """Return the prompt templates that a chunk was asked about with, in their order.

    Args:
        mode: How entity names are constrained.
        terms: What they are restricted to; without any, the second of two passes asks freely.
        quote_evidence: Whether answers with free names quote the chunk for each relation.
        summarised: Whether the prompt shows a summary.
    """
    if mode != "two_pass":
        return (extraction_template(mode, quote_evidence=quote_evidence, summarised=summarised),)
    return (
        task_for(ENTITIES_TEMPLATE, summarised=summarised),
        extraction_template(mode if terms else "schema", summarised=summarised),
    )
