"""Between row classes and Arrow tables: the schema of a class, rows to a table and back.

The row classes of `relgen_assets.rows.models` are the single definition of every table. Reading and
writing files belongs to the IO manager in `resources`.
"""

from __future__ import annotations

import types
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import pyarrow as pa
from pydantic import BaseModel

RowT = TypeVar("RowT", bound=BaseModel)

_SCALARS: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
}


@cache
def arrow_schema(model: type[BaseModel]) -> pa.Schema:
    """Return the Arrow schema of a row class, with descriptions as field metadata."""
    return pa.schema(_fields(model))


def to_table(rows: Iterable[RowT], model: type[RowT]) -> pa.Table:
    """Return rows as a table with the schema of `model`, also when there are none."""
    return pa.Table.from_pylist([row.model_dump() for row in rows], schema=arrow_schema(model))


def from_table(table: pa.Table, model: type[RowT]) -> list[RowT]:
    """Return the rows of a table, each checked against `model`."""
    return [model.model_validate(row) for row in table.to_pylist()]


def _fields(model: type[BaseModel]) -> list[pa.Field]:
    fields: list[pa.Field] = []
    for name, info in model.model_fields.items():
        arrow_type, nullable = _arrow_type(info.annotation)
        metadata = {"description": info.description} if info.description else None
        fields.append(pa.field(name, arrow_type, nullable=nullable, metadata=metadata))
    return fields


def _arrow_type(annotation: Any) -> tuple[pa.DataType, bool]:
    """Return the Arrow type of an annotation and whether it may be null."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        (inner,) = (a for a in arguments if a is not type(None))
        return _arrow_type(inner)[0], True
    if origin is Literal:
        return _SCALARS[type(arguments[0])], False
    if origin is list:
        return pa.list_(_arrow_type(arguments[0])[0]), False
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return pa.struct(_fields(annotation)), False
    return _SCALARS[annotation], False
