"""The vocabulary of a judgement: why an answer is rejected, and what was repaired.

The codes are stored in tables and counted in metadata, so their meaning never changes.
"""

from __future__ import annotations

from enum import StrEnum


class RejectionReason(StrEnum):
    """Why an answer does not yield a usable extraction."""

    EMPTY_ANSWER = "empty_answer"
    """Nothing but white space."""
    NOT_JSON = "not_json"
    """No JSON object, not even a broken one."""
    TRUNCATED = "truncated"
    """Cut off by the token limit before anything usable was complete."""
    LOOP = "loop"
    """The model repeated itself until nothing usable was left."""
    WRONG_SHAPE = "wrong_shape"
    """JSON, but with none of the expected keys."""
    NO_DESCRIPTION = "no_description"
    """The section is not described, and no sentence of the text can stand in."""
    ECHOED_EXAMPLE = "echoed_example"
    """The section's description is copied from the prompt's example."""
    NO_ENTITIES = "no_entities"
    """No entity is named, either in the list or in a relation."""
    NO_GROUNDED_ENTITIES = "no_grounded_entities"
    """Entities are named, but none occurs in the text."""
    NO_RELATIONS = "no_relations"
    """No relation is left between entities that occur in the text."""


class Repair(StrEnum):
    """What had to be changed before an answer could be used."""

    SURROUNDINGS_REMOVED = "surroundings_removed"
    """Prose or code fences around the JSON were removed."""
    JSON_REPAIRED = "json_repaired"
    """The JSON itself was broken."""
    TRUNCATED_TAIL_DROPPED = "truncated_tail_dropped"
    """The answer was cut off; its last relation, perhaps incomplete, was dropped."""
    UNWRAPPED = "unwrapped"
    """The object was nested in a list or another object."""
    KEY_RENAMED = "key_renamed"
    """A key was spelled differently, such as `entities`."""
    UNKNOWN_KEY_DROPPED = "unknown_key_dropped"
    """The schema does not have this key."""
    VALUE_COERCED = "value_coerced"
    """A value had the wrong type, such as a string instead of a list."""
    TEXT_CLEANED = "text_cleaned"
    """White space, control characters or the Unicode form of a text or name were cleaned."""
    DESCRIPTION_QUOTED = "description_quoted"
    """The section was not described; the sentence that names most of its entities stands in."""
    STRENGTH_RESPELLED = "strength_respelled"
    """The strength was spelled differently, such as `Strong`."""
    STRENGTH_DROPPED = "strength_dropped"
    """The strength was not one of the known ones."""
    ENTITY_RESPELLED = "entity_respelled"
    """An entity was given the spelling it has in the text."""
    UNGROUNDED_ENTITY_DROPPED = "ungrounded_entity_dropped"
    """An entity does not occur in the text."""
    UNUSABLE_ENTITY_DROPPED = "unusable_entity_dropped"
    """An entity is a mask, a number, a function word or a whole sentence."""
    DUPLICATE_ENTITY_DROPPED = "duplicate_entity_dropped"
    """An entity was listed twice, perhaps in another spelling."""
    ENTITY_ADDED = "entity_added"
    """An entity of a relation was missing from the list."""
    INCOMPLETE_RELATION_DROPPED = "incomplete_relation_dropped"
    """A relation lacked a description or a side."""
    SELF_RELATION_DROPPED = "self_relation_dropped"
    """A relation, or a part of it, linked an entity to itself."""
    DUPLICATE_RELATION_DROPPED = "duplicate_relation_dropped"
    """A relation was stated twice."""
    UNUSABLE_RELATION_DROPPED = "unusable_relation_dropped"
    """A relation's description was copied from the prompt or ran in a loop."""
