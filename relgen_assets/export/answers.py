"""The text of an extraction that a model is to learn, and the JSON schema that it is valid under.

Keys stand in a fixed order. Whether the text is indented, and whether it says how strongly a
relation is stated, are settings. The schemas that constrain servers belong to `extraction`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, get_args

from relgen_assets.rows.models import Extraction, Relation, Strength

SCHEMA_FILE: Final = "extraction.schema.json"
"""Name of the schema among the files of a dataset."""
_INDENT: Final = 2
_STRENGTH: Final = "strength"
_DESCRIBED: Final = {
    "section_description": "a sentence on what the text is about",
    "list_of_entities": "names as the text spells them",
}
_NAMES: Final[dict[str, Any]] = {"type": "array", "items": {"type": "string"}}


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """How an extraction is written.

    Attributes:
        indented: With line breaks and indentation; otherwise one line without blanks.
        strength: With the strength of relations, where it is known.
    """

    indented: bool = False
    strength: bool = True

    def write(self, extraction: Extraction) -> str:
        """Return an extraction as the JSON a model should write, in a fixed order of keys.

        An unknown strength is left out rather than written as null. Text stays readable: only
        characters that JSON requires to be escaped are escaped.
        """
        return extraction.model_dump_json(
            indent=_INDENT if self.indented else None,
            exclude_none=True,
            exclude=None if self.strength else {"relations": {"__all__": {_STRENGTH}}},
        )

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema that every written extraction is valid under."""
        sides = {"type": "array", "items": {"type": "string"}, "minItems": 1}
        relation: dict[str, Any] = {
            "description": {"type": "string"},
            "source_entities": sides,
            "target_entities": sides,
            **({_STRENGTH: {"enum": list(get_args(Strength))}} if self.strength else {}),
        }
        required = [key for key in relation if key != _STRENGTH]
        return _object(
            section_description={"type": "string"},
            list_of_entities=_NAMES,
            relations={"type": "array", "items": {**_object(**relation), "required": required}},
        )

    def schema_text(self) -> str:
        """Return the schema as a prompt shows it: one line."""
        return json.dumps(self.schema(), separators=(",", ":"))

    def in_words(self) -> str:
        """Return the keys of an extraction in words, as a prompt shows them."""
        top = "; ".join(f'"{key}", {meaning}' for key, meaning in _DESCRIBED.items())
        *keys, last = (f'"{key}"' for key in Relation.model_fields if key != _STRENGTH)
        if not self.strength:
            return f'{top}; "relations", each with {", ".join(keys)} and {last}'
        *values, weakest = (f'"{value}"' for value in get_args(Strength))
        return (
            f'{top}; "relations", each with {", ".join([*keys, last])} and, where it is known,'
            f' "{_STRENGTH}", which is {", ".join(values)} or {weakest}'
        )


ANSWER_FORMS: Final = tuple(
    AnswerForm(indented=indented, strength=strength)
    for indented in (False, True)
    for strength in (True, False)
)
"""Every form that an extraction may have been written in."""


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
