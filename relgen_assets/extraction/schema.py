"""The JSON schema that servers constrain their answers to.

Every string and array is bounded: small models repeat themselves inside an unbounded one until
the token limit ends the answer in the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from relgen_assets.models import Strength

MAX_SECTION_DESCRIPTION = 300
MAX_RELATION_DESCRIPTION = 200
MAX_NAME = 80
MAX_SIDE = 3
MIN_ENTITIES = 2


def extraction_schema(
    *, max_entities: int, max_relations: int, candidates: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the JSON schema of one extraction.

    Args:
        max_entities: Most entities of the list.
        max_relations: Most relations.
        candidates: The only names an entity may have; none for free names of bounded length.
    """
    name = _name(candidates)
    side = {"type": "array", "items": name, "minItems": 1, "maxItems": MAX_SIDE}
    relation = _object(
        description=_text(MAX_RELATION_DESCRIPTION),
        source_entities=side,
        target_entities=side,
        strength={"type": "string", "enum": list(get_args(Strength))},
    )
    return _object(
        section_description=_text(MAX_SECTION_DESCRIPTION),
        list_of_entities={
            "type": "array",
            "items": name,
            "minItems": min(MIN_ENTITIES, max_entities),
            "maxItems": max_entities,
        },
        relations={
            "type": "array",
            "items": relation,
            "minItems": 1,
            "maxItems": max_relations,
        },
    )


def _name(candidates: Sequence[str]) -> dict[str, Any]:
    if candidates:
        return {"type": "string", "enum": list(candidates)}
    return {"type": "string", "minLength": 2, "maxLength": MAX_NAME}


def _text(longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
