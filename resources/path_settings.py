"""Marks settings whose value leads to a file, so that all of them are resolved by the same rules.

A mark is metadata of a field: `ca: Annotated[str | None, LeadsTo.place]`. Whoever reads settings
decides where relative paths begin.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from pydantic import BaseModel
from pydantic.fields import FieldInfo


class LeadsTo(Enum):
    """What the value of a setting, or each item of a list, leads to."""

    place = "a file or folder"
    pattern = "a file or folder, or all that go with a pattern such as `sets/*.jsonl`"
    database = "a database by its URL, which names a file if it is SQLite's"
    dataset = "a folder, or the id of a dataset on a hub"


def leads_to(field: FieldInfo) -> LeadsTo | None:
    """Return the mark of a field."""
    return next((one for one in field.metadata if isinstance(one, LeadsTo)), None)


def marked(model: BaseModel) -> Iterator[tuple[BaseModel, str, LeadsTo]]:
    """Yield every marked field of a model and of the models in it: its owner, name and mark."""
    for name, field in type(model).model_fields.items():
        mark = leads_to(field)
        value = getattr(model, name)
        if mark is not None:
            yield model, name, mark
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, BaseModel):
                yield from marked(one)
