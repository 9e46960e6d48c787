"""The type scheme of a project: which types its entities and relations may have.

A project without one has names and descriptions alone. Prompts show names and meanings, schemas and
rules know the names, and rows hold one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class NamedType(NamedTuple):
    """A type of entities or relations.

    Attributes:
        name: What answers and rows call it.
        description: What belongs to it, for the model that has to choose; may be empty.
    """

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class TypeScheme:
    """The types of a project.

    Attributes:
        entities: Types of entities; none leaves entities without a type.
        relations: Types of relations; none leaves relations without a type.
    """

    entities: tuple[NamedType, ...] = ()
    relations: tuple[NamedType, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything has a type."""
        return bool(self.entities or self.relations)

    @property
    def entity_names(self) -> tuple[str, ...]:
        """The names of the types of entities, in their order."""
        return tuple(one.name for one in self.entities)

    @property
    def relation_names(self) -> tuple[str, ...]:
        """The names of the types of relations, in their order."""
        return tuple(one.name for one in self.relations)


UNTYPED = TypeScheme()
"""The scheme of a project that names no types."""
