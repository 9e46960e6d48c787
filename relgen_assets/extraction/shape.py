"""Converts any JSON object to the shape of an extraction: keys, types and spellings.

The text of the chunk does not matter here; `grounding` and `judge` compare the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from relgen_assets.extraction.cleaning import clean, clean_name
from relgen_assets.extraction.codes import Repair
from relgen_assets.rows.models import Strength

Note = Callable[[Repair], None]

_EXTRACTION_KEYS = {
    "section_description": ("sectiondescription", "description", "sectionsummary", "summary"),
    "list_of_entities": ("listofentities", "entities", "entitylist", "entity"),
    "relations": ("relations", "relation", "relationships", "relationship", "listofrelations"),
}
_RELATION_KEYS = {
    "description": ("description", "relationdescription", "relation", "relationship", "predicate"),
    "source_entities": ("sourceentities", "sourceentity", "sources", "source", "subject", "head"),
    "target_entities": ("targetentities", "targetentity", "targets", "target", "object", "tail"),
    "strength": ("strength", "relationstrength"),
}
_NAME_KEYS = ("name", "entity", "text", "label", "value")
_STRENGTHS: Mapping[str, Strength] = {
    **{strength: strength for strength in get_args(Strength)},
    "high": "strong",
    "medium": "moderate",
    "mid": "moderate",
    "low": "weak",
}
_NOT_A_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class DraftRelation:
    """A relation as an answer states it; anything may be missing."""

    description: str
    source_entities: list[str]
    target_entities: list[str]
    strength: Strength | None


@dataclass(frozen=True, slots=True)
class Draft:
    """An extraction as an answer states it; anything may be missing."""

    section_description: str
    entities: list[str]
    relations: list[DraftRelation]


def has_known_key(value: Mapping[str, Any]) -> bool:
    """Return whether an object has entities or relations under a key in any spelling."""
    # A description alone proves nothing: the relations inside an extraction have one too.
    known = {*_EXTRACTION_KEYS["list_of_entities"], *_EXTRACTION_KEYS["relations"]}
    return any(_letters(key) in known for key in value)


def to_draft(value: Mapping[str, Any], note: Note) -> Draft:
    """Return the content of an object in the shape of an extraction.

    Args:
        value: The JSON object of an answer.
        note: Called with the code of every repair.
    """
    fields = _rename(value, _EXTRACTION_KEYS, note)
    return Draft(
        _text(fields.get("section_description"), note),
        _names(fields.get("list_of_entities"), note),
        [_relation(item, note) for item in _objects(fields.get("relations"), note)],
    )


def _relation(value: Mapping[str, Any], note: Note) -> DraftRelation:
    fields = _rename(value, _RELATION_KEYS, note)
    return DraftRelation(
        _text(fields.get("description"), note),
        _names(fields.get("source_entities"), note),
        _names(fields.get("target_entities"), note),
        _strength(fields.get("strength"), note),
    )


def _rename(
    value: Mapping[str, Any], keys: Mapping[str, tuple[str, ...]], note: Note
) -> dict[str, Any]:
    """Return the values under the keys of the schema; an exact key wins over its variants."""
    fields = {key: value[key] for key in keys if key in value}
    for given, item in value.items():
        if given in keys:
            continue
        letters = _letters(given)
        key = next((key for key, spellings in keys.items() if letters in spellings), None)
        if key is None or key in fields:
            note(Repair.UNKNOWN_KEY_DROPPED)
        else:
            note(Repair.KEY_RENAMED)
            fields[key] = item
    return fields


def _text(value: Any, note: Note) -> str:
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


def _names(value: Any, note: Note) -> list[str]:
    names: list[str] = []
    if value is None:
        return names
    if not isinstance(value, list):
        note(Repair.VALUE_COERCED)
        value = [value]
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


def _name_of(value: Any) -> str:
    if isinstance(value, dict):
        return next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), "")
    return ""


def _objects(value: Any, note: Note) -> list[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list):
        note(Repair.VALUE_COERCED)
        value = [value]
    objects: list[Mapping[str, Any]] = [item for item in value if isinstance(item, dict)]
    if len(objects) < len(value):
        note(Repair.INCOMPLETE_RELATION_DROPPED)
    return objects


def _strength(value: Any, note: Note) -> Strength | None:
    if value is None:
        return None
    if not isinstance(value, str):
        note(Repair.STRENGTH_DROPPED)
        return None
    strength = _STRENGTHS.get(_letters(value))
    if strength is None:
        note(Repair.STRENGTH_DROPPED)
    elif strength != value:
        note(Repair.STRENGTH_RESPELLED)
    return strength


def _letters(key: str) -> str:
    return _NOT_A_LETTER.sub("", key).casefold()
