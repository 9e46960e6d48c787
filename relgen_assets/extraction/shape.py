"""Reads any JSON value as drafts of an extraction: which object is one, which key means what.

The text of the chunk does not matter here; `grounding` and `judge` compare the two. `fields` reads
the values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from relgen_assets.extraction.codes import Repair
from relgen_assets.extraction.draft import Draft, DraftRelation, joined
from relgen_assets.extraction.fields import Note, names_of, strength_of, text_of
from relgen_assets.extraction.policy import DEFAULT_POLICY, JudgingPolicy
from relgen_assets.extraction.type_reading import entities_of, type_of

MAX_WRAPPINGS = 4
"""Most objects or lists around an extraction."""
_EXTRACTION_KEYS = {
    "section_description": ("sectiondescription", "description", "sectionsummary", "summary"),
    "list_of_entities": (
        "listofentities", "entities", "entitylist", "entity", "nodes", "vertices", "namedentities",
        "keyentities", "terms", "concepts",
    ),
    "relations": (
        "relations", "relation", "relationships", "relationship", "listofrelations", "edges",
        "links", "triples", "triplets", "facts",
    ),
}  # fmt: skip
_RELATION_KEYS = {
    "description": (
        "description", "relationdescription", "relation", "relationship", "predicate", "type",
        "relationtype", "relationshiptype", "label", "verb", "edge",
    ),
    "source_entities": (
        "sourceentities", "sourceentity", "sources", "source", "subject", "subjects", "head",
        "from", "start", "entity1", "arg1", "cause", "node1",
    ),
    "target_entities": (
        "targetentities", "targetentity", "targets", "target", "object", "objects", "tail", "to",
        "end", "destination", "entity2", "arg2", "effect", "node2",
    ),
    "strength": ("strength", "relationstrength"),
    # Read whether it was asked for or not: a model that quotes by itself helps to find the place.
    "evidence": (
        "evidence", "quote", "quotation", "sentence", "supportingtext", "supportingsentence",
        "supportingquote", "evidencetext", "evidencesentence", "sourcetext", "excerpt", "citation",
    ),
}  # fmt: skip
_TYPES = ("type", "relationtype", "relationshiptype")
_TYPED_RELATION_KEYS = {
    **_RELATION_KEYS,
    "description": tuple(key for key in _RELATION_KEYS["description"] if key not in _TYPES),
    "type": _TYPES,
}
"""The keys of a relation in a project that has types of relations; elsewhere a type describes."""
_NOT_A_LETTER = re.compile(r"[\W_]+")


def drafts(
    value: Any, policy: JudgingPolicy = DEFAULT_POLICY, *, wrappings: int = 0
) -> list[Draft]:
    """Return the extractions in a JSON value; those of one list belong together.

    Args:
        value: The JSON value of an answer.
        policy: The types that entities and relations may have; of a project without them nothing
            is read as a type.
        wrappings: Objects and lists around it.
    """
    if isinstance(value, str):
        value = _json_in(value)
    if wrappings > MAX_WRAPPINGS or not isinstance(value, dict | list):
        return []
    if isinstance(value, dict):
        if _is_extraction(value):
            return [_draft(value, policy)]
        if _is_relation(value):
            return [_draft({"relations": [value]}, policy).unwrapped()]
        found = _inside(value.values(), policy, wrappings)
        return [one.unwrapped() for one in found]
    if value and all(_is_triple(item) for item in value):
        return [_draft({"relations": value}, policy).unwrapped()]
    inner = _inside(value, policy, wrappings)
    return [joined(inner).unwrapped()] if inner else []


def _inside(values: Iterable[Any], policy: JudgingPolicy, wrappings: int) -> list[Draft]:
    return [one for item in values for one in drafts(item, policy, wrappings=wrappings + 1)]


def _json_in(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_extraction(value: Mapping[str, Any]) -> bool:
    # A description alone may belong to a relation; it is one if nothing else is there.
    letters = {_letters(key) for key in value}
    known = {*_EXTRACTION_KEYS["list_of_entities"], *_EXTRACTION_KEYS["relations"]}
    if _is_relation(value):
        return bool({"listofentities", "relations"} & letters)
    return bool(letters & known) or bool(letters & {"sectiondescription", "sectionsummary"})


def _is_relation(value: Mapping[str, Any]) -> bool:
    letters = {_letters(key) for key in value}
    return bool(letters & set(_RELATION_KEYS["source_entities"])) and bool(
        letters & set(_RELATION_KEYS["target_entities"])
    )


def _is_triple(value: Any) -> bool:
    return (
        isinstance(value, list) and len(value) == 3 and all(isinstance(one, str) for one in value)
    )


def _of_triple(value: Sequence[str]) -> dict[str, Any]:
    return {"source": value[0], "relation": value[1], "target": value[2]}


def _draft(value: Mapping[str, Any], policy: JudgingPolicy) -> Draft:
    repairs: list[Repair] = []
    note = repairs.append
    fields = _rename(value, _EXTRACTION_KEYS, note)
    relations = fields.get("relations")
    description = text_of(fields.get("section_description"), note)
    names, types = entities_of(fields.get("list_of_entities"), policy.entity_types, note)
    return Draft(
        description,
        names,
        [_relation(item, policy, note) for item in _objects(relations, note)],
        says_nothing=relations == [],
        repairs=tuple(repairs),
        entity_types=types,
    )


def _relation(value: Mapping[str, Any], policy: JudgingPolicy, note: Note) -> DraftRelation:
    keys = _TYPED_RELATION_KEYS if policy.relation_types else _RELATION_KEYS
    fields = _rename(value, keys, note)
    return DraftRelation(
        text_of(fields.get("description"), note),
        names_of(fields.get("source_entities"), note),
        names_of(fields.get("target_entities"), note),
        strength_of(fields.get("strength"), note),
        text_of(fields.get("evidence"), note),
        type_of(fields.get("type"), policy.relation_types, note),
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


def _objects(value: Any, note: Note) -> list[Mapping[str, Any]]:
    if value is None:
        return []
    if isinstance(value, dict) and value and not _is_relation(value):
        note(Repair.VALUE_COERCED)
        value = list(value.values())  # {"1": {...}, "2": {...}}
    if not isinstance(value, list):
        note(Repair.VALUE_COERCED)
        value = [value]
    if any(_is_triple(item) for item in value):
        note(Repair.VALUE_COERCED)
        value = [_of_triple(item) if _is_triple(item) else item for item in value]
    objects: list[Mapping[str, Any]] = [item for item in value if isinstance(item, dict)]
    if len(objects) < len(value):
        note(Repair.INCOMPLETE_RELATION_DROPPED)
    return objects


def _letters(key: str) -> str:
    return _NOT_A_LETTER.sub("", key).casefold()
