"""The page of settings: every key with its type, default, bounds and environment variable."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from relgen_assets.settings import ENV_PREFIX, SETTINGS_FILE, Settings
from relgen_assets_tests.repository.pages.tables import table
from resources.path_settings import LeadsTo, leads_to

_HEADER = ("key", "type", "default", "bounds", "description", "environment variable")
_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥"}

_INTRODUCTION = f"""# Settings

Keys of `{SETTINGS_FILE}`, each with the environment variable that wins over the file.
`relgen config` prints the values in effect. This page is made from the code by
`python -m relgen_assets_tests.repository.pages`.

A path begins in the project folder, unless it is absolute; `~` is your home. Where the description
says so, it may be a URL of another storage.

Former names still count: `pool.patience_seconds` is `pool.outage_timeout_seconds` now.
"""


def settings_page() -> str:
    """Return the page of all settings."""
    parts = [_INTRODUCTION]
    for name, field in Settings.model_fields.items():
        for model in models_in(field.annotation):
            parts += _section(model, (name,))
    return "\n".join(parts)


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that a type names, itself or within a list or a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]


def _section(model: type[BaseModel], path: tuple[str, ...], *, listed: bool = False) -> list[str]:
    """Return the headings and tables of a model and of the models inside it.

    Args:
        model: The model.
        path: The keys that lead to it.
        listed: Whether it is an item of a list, which has no variable for single keys.
    """
    kind = model.model_fields.get("kind")
    literal = get_args(kind.annotation) if kind and get_origin(kind.annotation) is Literal else ()
    place = ".".join(path)
    heading = f"`[[{place}]]`" if listed else f"`[{place}]`"
    about = (inspect.getdoc(model) or "").splitlines()[0]
    rows = list(_rows(model, path, listed=listed))
    titled = f"## {heading}" + (f' with `kind = "{literal[0]}"`' if literal else "")
    parts = [f"{titled}\n\n{about}\n\n{table(_HEADER, rows)}\n"]
    for name, field in model.model_fields.items():
        for inner in models_in(field.annotation):
            within_list = get_origin(field.annotation) is list
            parts += _section(inner, (*path, name), listed=within_list)
    return parts


def _rows(
    model: type[BaseModel], path: tuple[str, ...], *, listed: bool
) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        if get_origin(field.annotation) is not list and models_in(field.annotation):
            continue  # a section of its own
        variable = ENV_PREFIX + "__".join((*path, name)).upper()
        yield (
            f"`{name}`",
            _type(field),
            _default(field),
            bounds(field),
            field.description or "",
            "" if listed else f"`{variable}`",
        )


def _type(field: FieldInfo) -> str:
    plain = type_name(field.annotation)
    leads_to_file = leads_to(field) in (LeadsTo.place, LeadsTo.pattern)
    return plain.replace("text", "path") if leads_to_file else plain


def type_name(annotation: Any) -> str:
    """Return a type as a reader of TOML knows it; choices are listed."""
    if get_origin(annotation) is Annotated:
        return type_name(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return " | ".join(f"`{choice}`" for choice in get_args(annotation))
    if get_origin(annotation) in (Union, UnionType):
        kinds = [type_name(part) for part in get_args(annotation) if part is not NoneType]
        return " | ".join(kinds)
    if get_origin(annotation) is list:
        return "list of texts" if get_args(annotation) == (str,) else "list of tables"
    if get_origin(annotation) is dict:
        return "table"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " | ".join(f"`{choice.value}`" for choice in annotation)
    names = {str: "text", int: "integer", float: "number", bool: "boolean"}
    return names[annotation]


def bounds(field: FieldInfo) -> str:
    """Return the limits of a value, such as `≥ 1, ≤ 10`."""
    found = [
        f"{sign} {limit:g}"
        for constraint in field.metadata
        for name, sign in _SIGNS.items()
        if (limit := getattr(constraint, name, None)) is not None
    ]
    return ", ".join(found)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return ""
    return f"`{json.dumps(value.value if isinstance(value, Enum) else value)}`"
