"""The card and the files beside it: written after a batch, after one is dropped, for a release."""

from __future__ import annotations

from relgen_assets.export.card import CardReport, write_card
from relgen_assets.export.companions import write_companions
from relgen_assets.export.recipe import recipe
from relgen_assets.orchestration.project import Project

_NAME = "relgen"


def renew_card(project: Project, folder: str | None = None) -> CardReport:
    """Write the card of a dataset folder and the files beside it from its present shards.

    Args:
        project: The project that made the shards.
        folder: The folder; by default that of the project's dataset.

    Raises:
        DatasetError: A shard cannot be read.
        StorageError: The folder cannot be listed or a file cannot be written.
    """
    own = project.settings.dataset
    root = folder or project.settings.storage.dataset
    report = write_card(root, title=own.title, licence=own.licence)
    write_companions(
        root,
        report.rows,
        name=_NAME,
        max_length=report.lengths.max_length,
        answer=project.shaping.answer,
        recipe=recipe(project.settings, project.prompts),
    )
    return report
