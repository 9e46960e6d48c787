"""The recipe of a dataset: settings and prompts that make the same rows of the same articles.

It is the same in every copy of a project: where articles, ledger, tables and servers are decides no
row, so no address, path or key stands in it.
Which models answered is in the card, and in the manifest of a release.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Final

from relgen_assets.prompts import PROMPT_TASKS, PromptSet
from relgen_assets.settings import Settings
from resources.storage import shown

_PLACES: Final = frozenset({"pool", "ledger", "storage", "prompts", "publishing", "evaluation"})
"""Sections that say where something is, and how fast it is worked on."""
_FILES: Final = frozenset({"path", "tokenizer", "evaluation_texts"})
"""Settings that name a file or folder. Only its name is kept."""


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
        "settings": _without_places(sections),
        "prompts": {task: prompts.template(task).text for task in PROMPT_TASKS},
    }


def _without_places(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {key: _without_places(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_places(one, name) for one in value]
    if not isinstance(value, str):
        return value
    if name in _FILES or Path(value).is_absolute():
        return PurePath(shown(value).rstrip("/")).name
    return shown(value)
