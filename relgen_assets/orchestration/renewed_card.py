"""The card and the files beside it, written anew: after a batch, and after one is dropped."""

from __future__ import annotations

from typing import Any, Final

from relgen_assets.export.about import About
from relgen_assets.export.card import CardReport, describe
from relgen_assets.export.companions import write_companions
from relgen_assets.orchestration.project import Project
from relgen_assets.prompts import PROMPT_TASKS
from resources.storage import shown

_NAME = "relgen"
_METHOD: Final[dict[str, set[str]]] = {
    "chunking": {"tokens", "overlap", "max_chunks_per_article"},
    "summaries": {"temperature", "max_tokens", "seed", "variant"},
    "extractions": {
        "temperature",
        "attempts",
        "seed",
        "variant",
    },
    "judging": {
        "absent_names",
        "unsupported_relations",
        "fuzzy_names",
        "merge_relations",
        "verify",
    },
    "dataset": {"validation_percent", "test_percent", "empty_percent", "max_tokens"},
}
"""The settings that the card shows, by section; the recipe holds them all."""


def renew_card(project: Project, kwh: float | None = None) -> CardReport:
    """Write the card of the project's dataset and the files beside it from its present shards.

    Args:
        project: The opened project.
        kwh: Energy spent on its batches in kilowatt-hours; `None` if that is not known.

    Raises:
        DatasetError: A shard cannot be read.
        StorageError: The folder cannot be listed or a file cannot be written.
    """
    settings = project.settings
    report = describe(settings.storage.dataset, about(project, kwh))
    write_companions(
        settings.storage.dataset,
        report.rows,
        name=_NAME,
        max_length=report.lengths.max_length,
        answer=project.shaping.answer,
        recipe=recipe(project),
    )
    return report


def about(project: Project, kwh: float | None = None) -> About:
    """Return what the project says of its dataset.

    Args:
        project: The opened project.
        kwh: Energy spent on its batches in kilowatt-hours; `None` if that is not known.
    """
    settings = project.settings
    own, asked = settings.dataset, settings.extractions
    method = settings.model_dump(mode="json", include=_METHOD)
    mode = asked.mode_for(embedded=not settings.pool.endpoints)
    bounds = asked.bounds(mode)
    # What follows from other settings is written out.
    method["extractions"] |= {
        "mode": mode,
        "max_tokens": bounds.tokens,
        "max_entities": bounds.entities,
        "max_relations": bounds.relations,
    }
    return About(own.title, own.licence, own.curators, own.languages, method, kwh)


def recipe(project: Project) -> dict[str, Any]:
    """Return what makes the same rows from the same articles and model: settings and prompts.

    Where servers, ledger and files are decides no row, and is nobody's business.
    """
    settings = project.settings
    sections = ("source", "batches", "chunking", "summaries", "extractions", "dataset")
    return {
        "settings": _public(settings.model_dump(mode="json", include=set(sections))),
        "model": settings.pool.model,
        "prompts": {task: project.prompts.template(task).text for task in PROMPT_TASKS},
    }


def _public(value: Any) -> Any:
    """Return settings without the passwords that an address may hold."""
    if isinstance(value, dict):
        return {key: _public(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_public(one) for one in value]
    return shown(value) if isinstance(value, str) else value
