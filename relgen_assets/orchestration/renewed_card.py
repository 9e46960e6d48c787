"""The card and the files beside it, written anew: after a batch, and after one is dropped."""

from __future__ import annotations

from typing import Any

from relgen_assets.export.card import CardReport, write_card
from relgen_assets.export.companions import write_companions
from relgen_assets.orchestration.project import Project
from relgen_assets.prompts import PROMPT_TASKS
from resources.storage import shown

_NAME = "relgen"


def renew_card(project: Project) -> CardReport:
    """Write the card of the project's dataset and the files beside it from its present shards.

    Raises:
        DatasetError: A shard cannot be read.
        StorageError: The folder cannot be listed or a file cannot be written.
    """
    settings = project.settings
    report = write_card(
        settings.storage.dataset,
        title=settings.dataset.title,
        licence=settings.dataset.licence,
    )
    write_companions(
        settings.storage.dataset,
        report.rows,
        name=_NAME,
        max_length=report.lengths.max_length,
        answer=project.shaping.answer,
        recipe=recipe(project),
    )
    return report


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
