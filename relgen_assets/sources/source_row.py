"""One row of a source file: its values, where it stands, and whether it can be read at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of a file.

    Attributes:
        values: Its values by column; empty if it cannot be read.
        place: Where it stands, such as `papers.jsonl, line 26`.
        fault: Why it cannot be read, in words; `None` if it can.
    """

    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    place: str = ""
    fault: str | None = None


def value_at(values: Mapping[str, Any], path: str) -> Any:
    """Return the value of a column, or of a part of one by its path, such as `doc.abstract`.

    A column whose own name has dots comes first. Of a list, the part of every item is returned, as
    a list without what has none.
    """
    if path in values:
        return values[path]
    first, _, rest = path.partition(".")
    value = values.get(first)
    return _part(value, rest) if rest else value


def root_of(path: str) -> str:
    """Return the column in which a path begins."""
    return path.partition(".")[0]


def _part(value: Any, path: str) -> Any:
    if isinstance(value, Mapping):
        return value_at(value, path)
    if isinstance(value, list | tuple):
        parts = (_part(one, path) for one in value)
        return [part for part in parts if part is not None]
    return None
