"""Settings of a project with a few values replaced: for one question, or one side of a comparison.

Environment variables win over a settings file, and what a person asks for now wins over both. So
each section is validated by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.settings.explanations import explain

ModelT = TypeVar("ModelT", bound=BaseModel)


def with_changes(
    settings: ModelT, changes: Mapping[str, Mapping[str, Any]], *, where: str
) -> ModelT:
    """Return settings in which values are replaced.

    Args:
        settings: The settings, with one section a field.
        changes: Values by section and key.
        where: Where they come from, for messages.

    Raises:
        ConfigurationError: There is no such section or key, or a value is wrong.
    """
    root = type(settings)
    unknown = sorted(set(changes) - set(root.model_fields))
    if unknown:
        raise ConfigurationError(
            f"there is no section {unknown[0]!r}.",
            where=where,
            remedy=f"Sections are {', '.join(root.model_fields)}.",
        )
    changed: dict[str, BaseModel] = {}
    for name, values in changes.items():
        section: BaseModel = getattr(settings, name)
        try:
            changed[name] = type(section).model_validate(
                {**section.model_dump(exclude_unset=True), **values}
            )
        except ValidationError as error:
            explained = explain(error, dict(values), type(section))
            raise ConfigurationError(f"section {name}: {explained}", where=where) from error
    return settings.model_copy(update=changed)
