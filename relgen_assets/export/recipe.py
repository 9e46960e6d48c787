"""The recipe of a dataset: settings and prompts that make the same rows of the same articles.

It is the same in every copy of a project: where articles, ledger, tables and servers are decides no
row, so no address, path or key stands in it.
Which models answered is in the card, and in the manifest of a release.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any, Final

from relgen_assets.prompts import PROMPT_TASKS, PromptSet
from relgen_assets.settings import Settings
from resources.path_settings import LeadsTo, marked
from resources.storage import shown

_PLACES: Final = frozenset({"pool", "ledger", "storage", "prompts", "publishing", "evaluation"})
"""Sections that say where something is, and how fast it is worked on."""


def recipe(settings: Settings, prompts: PromptSet) -> dict[str, Any]:
    """Return settings and prompts, without secrets and without places.

    Args:
        settings: The effective settings.
        prompts: The templates of the project.
    """
    embedded = not settings.pool.endpoints
    sections = settings.model_dump(mode="json", exclude=set(_PLACES))
    # What follows from whether a server is configured is written out.
    sections["extractions"]["mode"] = settings.extractions.mode_for(embedded=embedded)
    return {
        "settings": _without_places(sections, frozenset(_files(settings))),
        "prompts": {task: prompts.template(task).text for task in PROMPT_TASKS},
    }


def _files(settings: Settings) -> Iterator[str]:
    """Yield the settings that name files or folders, of which only the name is kept."""
    for _, name, mark in marked(settings):
        if mark in (LeadsTo.place, LeadsTo.pattern):
            yield name


def _without_places(value: Any, files: frozenset[str], name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {key: _without_places(one, files, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_places(one, files, name) for one in value]
    if not isinstance(value, str):
        return value
    if name in files or Path(value).is_absolute():
        return PurePath(shown(value).rstrip("/")).name
    return shown(value)
