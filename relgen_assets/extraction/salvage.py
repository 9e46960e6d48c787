"""Recovers one JSON object from the raw text of an answer, however broken the text is.

The content of the object does not matter here, except for the keys that identify it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import json_repair

from relgen_assets.extraction.codes import Repair
from relgen_assets.extraction.shape import has_known_key

MAX_CHARACTERS = 40_000
"""Text beyond this length is ignored; answers are bounded by `max_tokens` anyway."""
_OBJECT_START = re.compile(r"\{\s*[\"'“]")
_MAX_STARTS = 50

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Salvaged:
    """The JSON object of an answer, and the repairs needed to get it."""

    value: JsonObject
    repairs: tuple[Repair, ...]


def salvage(answer: str) -> Salvaged | None:
    """Return the JSON object in `answer`, or `None` if there is none.

    Strict JSON comes first; then a complete object inside other text; then the repair of broken
    JSON, such as an answer that was cut off.
    """
    answer = answer[:MAX_CHARACTERS]
    value = _strict(answer)
    if value is not None:
        return _unwrap(value, ())
    for value in _embedded(answer):
        found = _unwrap(value, (Repair.SURROUNDINGS_REMOVED,))
        if found is not None and has_known_key(found.value):
            return found
    return _repaired(answer)


def _strict(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None


def _embedded(text: str) -> Iterator[Any]:
    """Yield the complete objects inside `text`, in order."""
    decoder = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_unique)
    position = 0
    for _ in range(_MAX_STARTS):
        start = _OBJECT_START.search(text, position)
        if start is None:
            return
        try:
            value, position = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            position = start.end()
        else:
            yield value


def _repaired(text: str) -> Salvaged | None:
    start = _OBJECT_START.search(text)
    if start is None:
        return None
    try:
        value = json_repair.loads(text[start.start() :], skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    return _unwrap(value, (Repair.JSON_REPAIRED,))


def _unwrap(value: Any, repairs: tuple[Repair, ...]) -> Salvaged | None:
    """Return the object itself, or the one inside a list or another object."""
    if isinstance(value, dict) and has_known_key(cast(JsonObject, value)):
        return Salvaged(cast(JsonObject, value), repairs)
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        if isinstance(item, dict) and has_known_key(cast(JsonObject, item)):
            return Salvaged(cast(JsonObject, item), (*repairs, Repair.UNWRAPPED))
    return Salvaged(cast(JsonObject, value), repairs) if isinstance(value, dict) else None


def _unique(pairs: list[tuple[str, Any]]) -> JsonObject:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
