"""The text of an extraction that a model is to learn, and the JSON schema that it is valid under.

Keys stand in a fixed order. Whether the text is indented, and whether it says how strongly a
relation is stated, are settings. Types are written where an extraction has them. The schemas that
constrain servers belong to `extraction`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from relgen_assets.rows.answers import as_written
from relgen_assets.rows.models import Extraction, Relation, Strength
from relgen_assets.rows.type_scheme import UNTYPED, TypeScheme

SCHEMA_FILE: Final = "extraction.schema.json"
"""Name of the schema among the files of a dataset."""
_INDENT: Final = 2
_STRENGTH: Final = "strength"
_TYPE: Final = "type"
_DESCRIBED: Final = {
    "section_description": "a sentence on what the text is about",
    "list_of_entities": "names as the text spells them",
}
_TYPED_NAMES: Final = 'objects with "name", as the text spells it, and, where it is known, "type"'
_NAMES: Final[dict[str, Any]] = {"type": "array", "items": {"type": "string"}}


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """How an extraction is written.

    Attributes:
        indented: With line breaks and indentation; otherwise one line without blanks.
        strength: With the strength of relations, where it is known.
        scheme: The types of entities and relations.
    """

    indented: bool = False
    strength: bool = True
    scheme: TypeScheme = UNTYPED

    def write(self, extraction: Extraction) -> str:
        """Return an extraction as the JSON a model should write, in a fixed order of keys.

        An unknown strength or type is left out rather than written as null. Text stays readable:
        only characters that JSON requires to be escaped are escaped.
        """
        return as_written(extraction).model_dump_json(
            indent=_INDENT if self.indented else None,
            exclude_none=True,
            exclude=None if self.strength else {"relations": {"__all__": {_STRENGTH}}},
        )

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema that every written extraction is valid under."""
        types = self.scheme
        sides = {"type": "array", "items": {"type": "string"}, "minItems": 1}
        relation: dict[str, Any] = {
            "description": {"type": "string"},
            "source_entities": sides,
            "target_entities": sides,
            **({_TYPE: {"enum": [*types.relation_names]}} if types.relations else {}),
            **({_STRENGTH: {"enum": list(get_args(Strength))}} if self.strength else {}),
        }
        required = [key for key in relation if key != _STRENGTH]
        return _object(
            section_description={"type": "string"},
            list_of_entities=_typed_names(types.entity_names) if types.entities else _NAMES,
            relations={"type": "array", "items": {**_object(**relation), "required": required}},
        )

    def schema_text(self) -> str:
        """Return the schema as a prompt shows it: one line."""
        return json.dumps(self.schema(), separators=(",", ":"))

    def in_words(self) -> str:
        """Return the keys of an extraction in words, as a prompt shows them."""
        types = self.scheme
        described = dict(_DESCRIBED)
        if types.entities:
            described["list_of_entities"] = (
                f"{_TYPED_NAMES}, which is {_one_of(types.entity_names)}"
            )
        top = "; ".join(f'"{key}", {meaning}' for key, meaning in described.items())
        left_out = {_STRENGTH} if types.relations else {_STRENGTH, _TYPE}
        keys = [f'"{key}"' for key in Relation.model_fields if key not in left_out]
        if types.relations:
            keys[-1] += f", which is {_one_of(types.relation_names)}"
        if not self.strength:
            listed = f"{', '.join(keys[:-1])} and {keys[-1]}"
            return f'{top}; "relations", each with {listed}'
        comma = "," if types.relations else ""
        return (
            f'{top}; "relations", each with {", ".join(keys)}{comma} and, where it is known,'
            f' "{_STRENGTH}", which is {_one_of(get_args(Strength))}'
        )


ANSWER_FORMS: Final = tuple(
    AnswerForm(indented=indented, strength=strength)
    for indented in (False, True)
    for strength in (True, False)
)
"""Every form that an extraction may have been written in."""


def _typed_names(types: Sequence[str]) -> dict[str, Any]:
    """Return the schema of a list of entities with their types, where those are known."""
    entity = _object(name={"type": "string"}, type={"enum": [*types]})
    return {"type": "array", "items": {**entity, "required": ["name"]}}


def _one_of(values: Sequence[str]) -> str:
    """Return values in quotation marks, as a choice."""
    *others, last = (f'"{value}"' for value in values)
    return f"{', '.join(others)} or {last}" if others else last


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
