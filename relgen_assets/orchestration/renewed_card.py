"""The card and the files beside it: written after a batch, after one is dropped, for a release."""

from __future__ import annotations

from typing import Final

from relgen_assets.export.about import About
from relgen_assets.export.card import CardReport, describe
from relgen_assets.export.companions import write_companions
from relgen_assets.export.recipe import recipe
from relgen_assets.orchestration.project import Project

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
    "dataset": {"validation_percent", "test_percent", "empty_percent", "max_tokens", "over_budget"},
}
"""The settings that the card shows, by section; the recipe holds them all."""


def renew_card(
    project: Project, folder: str | None = None, *, kwh: float | None = None
) -> CardReport:
    """Write the card of a dataset folder and the files beside it from its present shards.

    Args:
        project: The project that made the shards.
        folder: Folder of a release; by default that of the project's dataset, which grows.
        kwh: Energy spent on its batches in kilowatt-hours; `None` if that is not known.

    Raises:
        DatasetError: A shard cannot be read.
        StorageError: The folder cannot be listed or a file cannot be written.
    """
    root = folder or project.settings.storage.dataset
    report = describe(root, about(project, kwh), grows=folder is None)
    write_companions(
        root,
        report.rows,
        name=_NAME,
        max_length=report.lengths.max_length,
        answer=project.shaping.answer,
        recipe=recipe(project.settings, project.prompts),
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
    for name, types in (
        ("entity_types", asked.entity_types),
        ("relation_types", asked.relation_types),
    ):
        if types:
            method["extractions"][name] = "; ".join(one.in_words for one in types)
    return About(own.title, own.licence, own.curators, own.languages, method, kwh)
