"""The page for scripts: the exit statuses of `relgen`, and what `--json` prints."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from relgen_assets.cli.documents import DOCUMENTS
from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets_tests.repository.pages.settings import models_in
from relgen_assets_tests.repository.pages.tables import table

_INTRODUCTION = """# Exit statuses and JSON

What scripts can rely on. This page is made from the code by
`python -m relgen_assets_tests.repository.pages`.

## Exit statuses

"""
_JSON = """
## JSON

With `--json` a command prints one document on standard output. Progress, messages and errors go to
standard error, and the exit status is the same as without. A command that ends before it has
anything to tell, e.g. for a wrong setting, prints no document. Keys are added, never renamed or
removed. Durations are in seconds, energy in kilowatt-hours; what is unknown is `null`.

`relgen config` prints JSON without being asked: the [settings](settings.md).
"""
_NAMES = {str: "text", int: "integer", float: "number", bool: "boolean", Any: "any"}


def exit_codes_page() -> str:
    """Return the page."""
    rows = [(str(code.value), code.meaning) for code in ExitCode]
    parts = [_INTRODUCTION + table(("status", "meaning"), rows) + "\n" + _JSON]
    for command, document in DOCUMENTS.items():
        parts += _sections(document, f"`relgen {command} --json`", "")
    return "\n".join(parts)


def _sections(model: type[BaseModel], title: str, path: str) -> Iterator[str]:
    """Yield a document as a heading and a table, then the documents inside it."""
    level, about = ("####", "") if path else ("###", "")
    if path:
        about = f"{(inspect.getdoc(model) or '').splitlines()[0]}\n\n"
    rows = [
        (f"`{name}`", type_name(field.annotation), field.description or "")
        for name, field in model.model_fields.items()
    ]
    yield f"{level} {title}\n\n{about}{table(('key', 'type', 'meaning'), rows)}\n"
    for name, field in model.model_fields.items():
        for inner in models_in(field.annotation):
            inner_path = f"{path}{name}"
            listed = "[]" if get_origin(field.annotation) is list else ""
            yield from _sections(inner, f"`{inner_path}{listed}`", f"{inner_path}.")


def type_name(annotation: Any) -> str:
    """Return a type as a reader of JSON knows it."""
    if annotation in _NAMES:
        return _NAMES[annotation]
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return "text"
    if get_origin(annotation) is list:
        return f"list of {type_name(arguments[0])}"
    if get_origin(annotation) is dict:
        return f"object of {type_name(arguments[1])}"
    if NoneType in arguments:
        return (
            " or ".join(type_name(part) for part in arguments if part is not NoneType) + " or null"
        )
    return "object"
