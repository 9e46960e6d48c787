"""What a project looks for, in the words of a prompt: categories of entities, or types.

A category that answers have to name is a type: types have the place of categories in a template as
well. The bundled templates have no place for either, since with one they would be other questions
for everyone, so what a template has no place for is added behind its first turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from relgen_assets.prompts.forms import CATEGORIES, ENTITY_TYPES, RELATION_TYPES
from relgen_assets.rows.type_scheme import NamedType, TypeScheme

ANY: Final = "any"
"""What stands for categories and types where a project names none."""
_ONLY_CATEGORIES: Final = "List only entities of these categories: {}."
_ONLY_ENTITY_TYPES: Final = "List only entities of these types:\n{}"
_ENTITY_TYPES: Final = (
    'List only entities of the types below. Each entry of "list_of_entities" is an object with'
    ' "name" and "type", also where an example has names alone. The types are:\n{}'
)
_RELATION_TYPES: Final = (
    'State only relations of the types below. Each relation has a "type" behind its'
    ' "target_entities", also where an example has none. The types are:\n{}'
)


class Kinds(NamedTuple):
    """What a project looks for.

    Attributes:
        categories: Categories of entities, which answers do not name.
        scheme: Types of entities and relations, which they name.
    """

    categories: Sequence[str]
    scheme: TypeScheme

    def values(self) -> dict[str, str]:
        """Return what is inserted into the places of a template."""
        categories = self.categories or self.scheme.entity_names
        return {
            CATEGORIES: "; ".join(categories) or ANY,
            ENTITY_TYPES: _lines(self.scheme.entities) or ANY,
            RELATION_TYPES: _lines(self.scheme.relations) or ANY,
        }

    def added(self, text: str, known: Sequence[str], *, names_only: bool) -> Iterator[str]:
        """Yield what is added to a template that has no place for it.

        Args:
            text: The text of the template.
            known: The places that it may have.
            names_only: Whether its answers are names without types.
        """
        for place, wanted, words in (
            (CATEGORIES, "; ".join(self.categories), _ONLY_CATEGORIES),
            (
                ENTITY_TYPES,
                _lines(self.scheme.entities),
                _ONLY_ENTITY_TYPES if names_only else _ENTITY_TYPES,
            ),
            (RELATION_TYPES, _lines(self.scheme.relations), _RELATION_TYPES),
        ):
            if wanted and place in known and f"{{{place}}}" not in text:
                yield words.format(wanted)


def _lines(types: Sequence[NamedType]) -> str:
    """Return types as a list, one a line."""
    return "\n".join(
        f"- {one.name}: {one.description}" if one.description else f"- {one.name}" for one in types
    )
