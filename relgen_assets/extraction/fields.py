"""Reads the value of one field of an answer: a text, names or a strength, whatever its type.

Each function notes what it had to change and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, get_args

from relgen_assets.extraction.cleaning import clean, clean_name
from relgen_assets.extraction.codes import Repair
from relgen_assets.rows.models import Strength

Note = Callable[[Repair], None]

_NAME_KEYS = ("name", "entity", "text", "label", "value", "id", "term", "title", "entity_name")
_STRENGTHS: Mapping[str, Strength] = {
    **{strength: strength for strength in get_args(Strength)},
    "high": "strong",
    "medium": "moderate",
    "mid": "moderate",
    "low": "weak",
}
_NOT_A_LETTER = re.compile(r"[\W_]+")


def text_of(value: Any, note: Note) -> str:
    """Return a text, cleaned; of a list, its strings in a row."""
    if value is None:
        return ""
    if not isinstance(value, str):
        note(Repair.VALUE_COERCED)
        words = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
        value = " ".join(words)
    cleaned = clean(value)
    if cleaned != value:
        note(Repair.TEXT_CLEANED)
    return cleaned


def names_of(value: Any, note: Note) -> list[str]:
    """Return names, cleaned: of a list, of an object that maps names to types, or of one name."""
    names: list[str] = []
    if value is None:
        return names
    if not isinstance(value, list):
        note(Repair.VALUE_COERCED)
        value = list(value) if maps_names(value) else [value]
    for item in value:
        name = item if isinstance(item, str) else _name_of(item)
        if name is not item:
            note(Repair.VALUE_COERCED)
        cleaned = clean_name(name)
        if cleaned != name:
            note(Repair.TEXT_CLEANED)
        if cleaned:
            names.append(cleaned)
    return names


def maps_names(value: Any) -> bool:
    """Return whether a value is an object that maps names to their types."""
    return isinstance(value, dict) and not _name_of(value)


def name_key(value: Mapping[str, Any]) -> str | None:
    """Return the key under which an object has its name; `None` if it has none."""
    return next((key for key in _NAME_KEYS if isinstance(value.get(key), str)), None)


def _name_of(value: Any) -> str:
    key = name_key(value) if isinstance(value, dict) else None
    return "" if key is None else value[key]


def strength_of(value: Any, note: Note) -> Strength | None:
    """Return a strength from whatever words tell it; `None` if none does."""
    if value is None:
        return None
    if not isinstance(value, str):
        note(Repair.STRENGTH_DROPPED)
        return None
    words = _NOT_A_LETTER.sub(" ", value).casefold().split()  # "Strong (0.9)"
    strength = next((_STRENGTHS[word] for word in words if word in _STRENGTHS), None)
    if strength is None:
        note(Repair.STRENGTH_DROPPED)
    elif strength != value:
        note(Repair.STRENGTH_RESPELLED)
    return strength
