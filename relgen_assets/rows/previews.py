"""The first look at a row: the columns that matter, as short texts.

Each row class names the columns of its preview (`TableRow.preview`). How a table with previews
reaches the UI belongs to `orchestration`.
"""

from __future__ import annotations

from collections.abc import Sequence

from relgen_assets.rows.models import Relation, RelationEvidence, TableRow

LONGEST = 240
"""Characters of a value that are shown."""


def preview_values(row: TableRow) -> dict[str, str | int | float | None]:
    """Return the preview of a row: a short value by column, in the order of the row class.

    A column inside another one, such as `extraction.relations`, is named by its last part.
    """
    return {
        path.rpartition(".")[2]: _short(_found(row, path.split("."))) for path in type(row).preview
    }


def column_of(path: str) -> tuple[str, str]:
    """Return the title of a previewed column, and the column of the table that it belongs to."""
    return path.rpartition(".")[2], path.partition(".")[0]


def _found(value: object, names: Sequence[str]) -> object:
    for name in names:
        value = None if value is None else getattr(value, name)
    return value


def _short(value: object) -> str | int | float | None:
    if value is None or isinstance(value, int | float):
        return value
    text = _text(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _text(value: object) -> str:
    if isinstance(value, Relation):
        ends = f"{', '.join(value.source_entities)} → {', '.join(value.target_entities)}"
        return f"{ends} ({value.strength})" if value.strength else ends
    if isinstance(value, RelationEvidence):
        where = ", ".join(f"{span.start}-{span.end}" for span in value.sentences) or "nowhere"
        return f"{value.fault or value.polarity} at {where} ({value.support:.0%})"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(_text(one) for one in value)
    return str(value)
