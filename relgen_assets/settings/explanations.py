"""Turns pydantic's findings about settings into messages that a person can act on.

The settings themselves are in `settings`.
"""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from relgen_assets.settings.environment import variable_of


def explain(error: ValidationError, values: dict[str, Any], root: type[BaseModel]) -> str:
    """Return one line per fault: the key, what is wrong, and what would be accepted.

    Args:
        error: What pydantic found.
        values: The values of the file; the line of a list item shows its name, if it has one.
        root: The model that the values were meant for.
    """
    lines: list[str] = []
    for fault in error.errors(include_url=False):
        key = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            message = f"unknown key; accepted here: {', '.join(_accepted_keys(fault['loc'], root))}"
        else:
            given = fault.get("input")
            plain = isinstance(given, str | int | float) and "@" not in str(given)
            message = f"{fault['msg']} (given: {given!r})" if plain else fault["msg"]
        named = _item_name(fault["loc"], values)
        variable = variable_of(fault["loc"])
        origin = f" (from {variable})" if variable else ""
        # What two sections together get wrong has no key of its own.
        lines.append(f"{key}{named}{origin}: {message}" if key else message)
    return "wrong settings:\n  " + "\n  ".join(lines)


def _item_name(location: tuple[int | str, ...], values: Any) -> str:
    """Return the name of the list item that `location` leads through, e.g. of an endpoint."""
    for part in location:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            return ""
        if isinstance(part, int) and isinstance(values, dict) and "name" in values:
            return f" (of {values['name']!r})"
    return ""


def _accepted_keys(location: tuple[int | str, ...], root: type[BaseModel]) -> list[str]:
    """Return the keys that are accepted in place of the unknown key at `location`."""
    models: list[type[BaseModel]] = [root]
    for part in location[:-1]:
        children: list[type[BaseModel]] = []
        for model in models:
            if isinstance(part, str) and part in model.model_fields:
                children += _models_in(model.model_fields[part].annotation)
            elif isinstance(part, str):  # the tag of a union: keep the member it names
                children += [model] if _has_kind(model, part) else []
            else:
                children.append(model)
        models = children or models
    return sorted({name for model in models for name in model.model_fields})


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _has_kind(model: type[BaseModel], kind: str) -> bool:
    field = model.model_fields.get("kind")
    return field is not None and kind in get_args(field.annotation)
