"""The JSON schema that servers constrain their answers to.

Every string and array is bounded: small models repeat themselves inside an unbounded one until
the token limit cuts the answer off. The bounds stay far below 2,000 characters: llama.cpp treats
larger ones as unbounded, and they crash llama-cpp-python's server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from relgen_assets.extraction.names import MAX_NAME_CHARACTERS
from relgen_assets.extraction.quotes import Quote
from relgen_assets.rows.models import Strength
from relgen_assets.rows.type_scheme import UNTYPED, TypeScheme

MAX_SECTION_DESCRIPTION = 300
MAX_RELATION_DESCRIPTION = 200
MAX_EVIDENCE = 400
"""Longest quote, in characters, by which an answer proves a relation: a long sentence, or two."""
MAX_SIDE = 4
_STRENGTH: dict[str, Any] = {"type": "string", "enum": list(get_args(Strength))}
_NAME: dict[str, Any] = {"type": "string", "minLength": 2, "maxLength": MAX_NAME_CHARACTERS}

# Candidates are for small models: a description is one sentence, and its end is enforced. The full
# stop is a character class because llama-cpp-python cannot read an escaped one.
_LETTER = r'[^"\\.\x7F\x00-\x1F]'
_SECTION_SENTENCE = rf"^[A-Z]{_LETTER}{{15,110}}[.]$"
_REST_OF_SENTENCE = rf" {_LETTER}{{8,70}}[.]$"
_MAX_CANDIDATE_TARGETS = 1


def extraction_schema(
    *,
    max_entities: int,
    max_relations: int,
    candidates: Sequence[str] = (),
    quote_evidence: bool = False,
    scheme: TypeScheme = UNTYPED,
) -> dict[str, Any]:
    """Return the JSON schema of one extraction.

    With candidates, entities are an enum, and each relation starts from one of them and points to
    others. The description of a relation comes after its entities and begins with the first of
    them, so that a model, which cannot look ahead, describes what it has just chosen. A relation
    needs two candidates; a single one is treated like none.

    Args:
        max_entities: Largest number of entities in the list.
        max_relations: Largest number of relations.
        candidates: The only names an entity may have; if empty, any name of bounded length.
        quote_evidence: Whether each relation begins with the words of the text that state it, so
            that a model, which cannot look ahead, describes what it has just quoted. Without
            candidates only: a model that needs those has no words to spare.
        scheme: The types that entities and relations have; without candidates only. A type follows
            what it is the type of, so that a model classifies what it has just written.
    """
    names = list(dict.fromkeys(candidates))
    if len(names) > 1:
        return _extraction(
            {"type": "string", "enum": names},
            {"type": "string", "pattern": _SECTION_SENTENCE},
            {"anyOf": [_relation_from(source, names) for source in names]},
            max_entities,
            max_relations,
        )
    return _free_extraction(
        _NAME, max_entities, max_relations, quote_evidence=quote_evidence, scheme=scheme
    )


def entities_schema(*, max_entities: int) -> dict[str, Any]:
    """Return the JSON schema of the first of two passes: names alone, none if there are none."""
    return _object(list_of_entities=_array(_NAME, 0, max_entities))


def relations_schema(
    names: Sequence[str], *, max_entities: int, max_relations: int, scheme: TypeScheme = UNTYPED
) -> dict[str, Any]:
    """Return the JSON schema of the second of two passes: an extraction between given names.

    A model that had to choose the sides first would pick any two and then quote a sentence that
    does not name both; so it first says what the text states.

    Args:
        names: The only names an entity may have, at least two.
        max_entities: Largest number of entities in the list.
        max_relations: Largest number of relations.
        scheme: The types that entities and relations have.
    """
    name = {"type": "string", "enum": list(names)}
    return _free_extraction(name, max_entities, max_relations, scheme=scheme)


def quote_schema(
    quotes: Sequence[Quote], *, max_entities: int, max_relations: int
) -> dict[str, Any]:
    """Return the JSON schema of an extraction that consists of quotes only.

    The section is described by one of their sentences; entities are their terms; each relation is
    one of the quotes, whole. Only the choice and the strength are the model's.

    Args:
        quotes: What may be said, at least one.
        max_entities: Largest number of entities in the list.
        max_relations: Largest number of relations.
    """
    terms = list(dict.fromkeys(term for one in quotes for term in (one.source, one.target)))
    return _extraction(
        {"type": "string", "enum": terms},
        {"type": "string", "enum": list(dict.fromkeys(one.sentence for one in quotes))},
        {"anyOf": [_quote(one) for one in quotes]},
        max_entities,
        max_relations,
    )


def _quote(quote: Quote) -> dict[str, Any]:
    return _object(
        description={"type": "string", "enum": [quote.sentence]},
        source_entities=_array({"type": "string", "enum": [quote.source]}, 1, 1),
        target_entities=_array({"type": "string", "enum": [quote.target]}, 1, 1),
        strength=_STRENGTH,
    )


def _free_extraction(
    name: dict[str, Any],
    max_entities: int,
    max_relations: int,
    *,
    quote_evidence: bool = False,
    scheme: TypeScheme = UNTYPED,
) -> dict[str, Any]:
    """Return the schema of an extraction that is free but for its names."""
    quote = {"evidence": {"type": "string", "minLength": 1, "maxLength": MAX_EVIDENCE}}
    entity_types, relation_types = _types(scheme.entity_names), _types(scheme.relation_names)
    return _extraction(
        _object(name=name, **entity_types) if entity_types else name,
        {"type": "string", "minLength": 1, "maxLength": MAX_SECTION_DESCRIPTION},
        _object(
            **(quote if quote_evidence else {}),
            description={"type": "string", "minLength": 1, "maxLength": MAX_RELATION_DESCRIPTION},
            source_entities=_array(name, 1, MAX_SIDE),
            target_entities=_array(name, 1, MAX_SIDE),
            **relation_types,
            strength=_STRENGTH,
        ),
        max_entities,
        max_relations,
    )


def _types(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return the property `type` of what has one of these types; none if there are none."""
    return {"type": {"type": "string", "enum": list(names)}} if names else {}


def _extraction(
    entity: dict[str, Any],
    sentence: dict[str, Any],
    relation: dict[str, Any],
    max_entities: int,
    max_relations: int,
) -> dict[str, Any]:
    return _object(
        section_description=sentence,
        # Both may be empty: a model that always has to assert something makes it up.
        list_of_entities=_array(entity, 0, max_entities),
        relations=_array(relation, 0, max_relations),
    )


def _relation_from(source: str, names: Sequence[str]) -> dict[str, Any]:
    """Return the schema of the relations that start from one candidate and do not end in it."""
    others = [name for name in names if name != source]
    return _object(
        source_entities=_array({"type": "string", "enum": [source]}, 1, 1),
        target_entities=_array({"type": "string", "enum": others}, 1, _MAX_CANDIDATE_TARGETS),
        description={"type": "string", "pattern": f"^{_opening(source)}{_REST_OF_SENTENCE}"},
        strength=_STRENGTH,
    )


def _opening(name: str) -> str:
    """Return a pattern for `name` at the start of a sentence.

    Every server takes letters, digits, spaces, hyphens and apostrophes literally; a dot stands for
    any other character.
    """
    literal = "".join(
        letter if letter.isalnum() or letter in " -'" else "." for letter in " ".join(name.split())
    )
    return literal[:1].upper() + literal[1:]


def _array(items: dict[str, Any], least: int, most: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
