"""Settings from environment variables: which there are, and which of them a fault comes from.

`RELGEN_BATCHES__SIZE` sets `size` of the section `batches`; a list or a whole section is JSON.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from relgen_assets.domain_errors import ConfigurationError

ENV_PREFIX = "RELGEN_"
PROJECT_VARIABLE = "RELGEN_PROJECT"
"""Names the project folder; it is no setting."""
NESTED = "__"


def refuse_unusable(root: type[BaseModel]) -> None:
    """Refuse the variables of the environment that cannot be settings, before they are read.

    Args:
        root: The model of all settings.

    Raises:
        ConfigurationError: A variable belongs to no section, or a structured value is not JSON;
            the message names the variable, never its value, which may hold a key.
    """
    for variable, path in _variables():
        if path[0] not in root.model_fields:
            raise ConfigurationError(
                f"unknown environment variable {variable}.",
                remedy=f"Variables are named {ENV_PREFIX} and one of:"
                f" {', '.join(sorted(root.model_fields))}.",
            )
        if _takes_json(root, path):
            _refuse_broken_json(variable)


def variable_of(location: Sequence[int | str]) -> str | None:
    """Return the variable that sets a value, or the section around it; `None` if none does.

    Args:
        location: Keys that lead to the value, as pydantic reports them; the name of a kind, such
            as that of a source, may stand between them.
    """
    found = [
        (len(path), variable) for variable, path in _variables() if _leads_through(location, path)
    ]
    return max(found)[1] if found else None


def names_all(locations: Collection[Sequence[int | str]]) -> bool:
    """Return whether every one of these values comes from the environment."""
    return bool(locations) and all(variable_of(location) for location in locations)


def _variables() -> Iterator[tuple[str, list[str]]]:
    """Yield the variables of the environment that mean settings, with the keys they name."""
    for variable in os.environ:
        if variable.upper().startswith(ENV_PREFIX) and variable != PROJECT_VARIABLE:
            yield variable, variable[len(ENV_PREFIX) :].lower().split(NESTED)


def _leads_through(location: Sequence[int | str], path: Sequence[str]) -> bool:
    left = iter(location)
    return all(name in left for name in path)


def _takes_json(root: type[BaseModel], path: Sequence[str]) -> bool:
    """Return whether the value at `path` is a list, a table or a section in one of its forms."""
    kinds: list[Any] = [root]
    for name in path:
        fields = [kind.model_fields.get(name) for kind in kinds if _is_section(kind)]
        kinds = [kind for field in fields if field for kind in _alternatives(field.annotation)]
    return any(_is_section(kind) or get_origin(kind) in (list, dict, tuple) for kind in kinds)


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _alternatives(annotation: Any) -> list[Any]:
    """Return the kinds of value that an annotation allows, apart from marks on it."""
    if get_origin(annotation) in (Union, UnionType, Annotated):
        return [kind for part in get_args(annotation) for kind in _alternatives(part)]
    return [annotation]


def _refuse_broken_json(variable: str) -> None:
    try:
        json.loads(os.environ[variable])
    except (ValueError, RecursionError) as error:
        at = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigurationError(
            f"the value is not JSON{at}.",
            where=f"environment variable {variable}",
            remedy="Give lists and sections as JSON, for example"
            ' \'[{"name": "gpu", "url": "http://127.0.0.1:8080"}]\' for RELGEN_POOL__ENDPOINTS,'
            " or set them in relgen.toml.",
        ) from error
