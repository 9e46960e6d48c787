"""The lists `[[extractions.entity_types]]` and `[[extractions.relation_types]]`."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from relgen_assets.extraction.type_reading import type_key
from relgen_assets.rows.models import Mode
from relgen_assets.rows.type_scheme import NamedType
from relgen_assets.settings.section import Section

MOST_TYPES: Final = 50
"""Most types of entities, and of relations: all of them stand in every prompt and schema."""
TYPED_MODES: Final[tuple[Mode, ...]] = ("schema", "two_pass")
"""The modes whose answers have types. In the others an answer only repeats what the chunk says, for
models that cannot be asked for more; a type is the model's own judgement."""


class TypeSection(Section):
    """A type of entities or relations: what answers may call them, and what belongs to it."""

    # A name is a choice of a grammar, which servers do not all read alike if it holds these signs.
    name: str = Field(
        min_length=1,
        max_length=60,
        pattern=r"^[^\s\"\\\\{}](?:[^\n\r\t\"\\\\{}]*[^\s\"\\\\{}])?$",
        description="What answers and rows call it, such as `method` or `part_of`: one line without"
        " quotation marks, backslashes and braces.",
    )
    description: str = Field(
        "",
        max_length=300,
        pattern=r"^[^\n\r]*$",
        description="What belongs to it, in a sentence for the model.",
    )

    @property
    def in_words(self) -> str:
        """The name, and the description if there is one."""
        return f"{self.name}: {self.description}" if self.description else self.name

    @property
    def named(self) -> NamedType:
        """The same, as prompts and schemas take it."""
        return NamedType(self.name, self.description.strip())


def _all_differ(types: list[TypeSection]) -> list[TypeSection]:
    """Refuse names that an answer could not tell apart: those of equal letters and digits."""
    known: dict[str, str] = {}
    for one in types:
        key = type_key(one.name)
        if not key:
            raise ValueError(f"the name {one.name!r} has neither a letter nor a digit")
        if key in known:
            raise ValueError(
                f"two types are called {known[key]!r} and {one.name!r}: names have to differ in"
                " letters or digits"
            )
        known[key] = one.name
    return types


TypeSections = Annotated[
    list[TypeSection], Field(max_length=MOST_TYPES), AfterValidator(_all_differ)
]
"""Types whose names differ."""
