"""Reads the types that an answer gives to entities and relations, as far as a project has them.

A type that the project does not have is no type. What follows from that for an entity is decided in
`reading`, for a relation in `relation_reading`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from relgen_assets.extraction.codes import Repair
from relgen_assets.extraction.fields import Note, maps_names, name_key, names_of

_TYPE_KEYS: Final = ("type", "entity_type", "category", "class", "kind", "label")
_ASKED: Final = frozenset({"name", "type"})
"""The keys of a typed entity as it is asked for."""
_NOT_A_LETTER = re.compile(r"[\W_]+")


def type_key(name: str) -> str:
    """Return what two spellings of one type have in common: letters and digits, without case."""
    return _NOT_A_LETTER.sub("", name).casefold()


def type_of(value: Any, known: Sequence[str], note: Note) -> str | None:
    """Return the type that a value names, in the spelling of the project; `None` if none does.

    Args:
        value: What an answer gives as a type.
        known: The types of the project.
        note: Where repairs are noted.
    """
    if not isinstance(value, str) or value in known:
        return value if isinstance(value, str) else None
    key = type_key(value)
    found = next((one for one in known if type_key(one) == key), None)
    if found is not None:
        note(Repair.TYPE_RESPELLED)
    return found


def entities_of(value: Any, known: Sequence[str], note: Note) -> tuple[list[str], dict[str, str]]:
    """Return the names of a list of entities, cleaned, and their types by name.

    Args:
        value: A list of names, of objects with a name and a type, or an object that maps names to
            types.
        known: The types of the project; without any, names alone are read.
        note: Where repairs are noted.
    """
    if not known:
        return names_of(value, note), {}
    names: list[str] = []
    types: dict[str, str] = {}
    for item, given in _items(value, note):
        for name in names_of([item], note):
            names.append(name)
            found = type_of(given, known, note)
            if found is not None:
                types.setdefault(name, found)
    return names, types


def _items(value: Any, note: Note) -> Iterator[tuple[Any, Any]]:
    """Yield the items of a list of entities, each with what is given as its type."""
    if value is None:
        return
    if not isinstance(value, list):
        note(Repair.VALUE_COERCED)
        if maps_names(value):
            yield from value.items()
            return
        value = [value]
    for item in value:
        yield _name(item), _given(item)


def _name(item: Any) -> Any:
    """Return the name of an object as it is asked for; any other form is left to `fields`."""
    if isinstance(item, dict) and isinstance(item.get("name"), str) and item.keys() <= _ASKED:
        return item["name"]
    return item


def _given(item: Any) -> Any:
    """Return what an object gives as a type; nothing else has one."""
    if not isinstance(item, dict):
        return None
    return next((item[key] for key in _TYPE_KEYS if key in item and key != name_key(item)), None)
