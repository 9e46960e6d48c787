"""What an answer states, before any of it is compared with the text: keys and types in order.

How it is read from JSON is decided in `shape`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from relgen_assets.extraction.codes import Repair
from relgen_assets.rows.models import Strength


@dataclass(frozen=True, slots=True)
class DraftRelation:
    """A relation as an answer states it; anything may be missing.

    Attributes:
        evidence: The words of the text that state it, as the answer quotes them.
        type: Its type, one that the project has.
    """

    description: str
    source_entities: list[str]
    target_entities: list[str]
    strength: Strength | None
    evidence: str = ""
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An extraction as an answer states it; anything may be missing.

    Attributes:
        says_nothing: Whether the answer states an empty list of relations.
        repairs: What had to be changed to read it, in order.
        entity_types: The type of entities, by name; those that the project has.
    """

    section_description: str = ""
    entities: Sequence[str] = ()
    relations: Sequence[DraftRelation] = ()
    says_nothing: bool = False
    repairs: tuple[Repair, ...] = ()
    entity_types: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def is_partial(self) -> bool:
        """Whether it lacks its description, or everything else."""
        return not self.section_description or not (self.entities or self.relations)

    def joined(self, other: Draft) -> Draft:
        """Return what both state together."""
        return Draft(
            self.section_description or other.section_description,
            [*self.entities, *other.entities],
            [*self.relations, *other.relations],
            self.says_nothing and other.says_nothing,
            (*self.repairs, *other.repairs),
            {**other.entity_types, **self.entity_types},
        )

    def unwrapped(self) -> Draft:
        """Return it as taken out of a list or another object."""
        return replace(self, repairs=(*self.repairs, Repair.UNWRAPPED))


def joined(parts: Sequence[Draft]) -> Draft:
    """Return what several drafts, at least one, state together."""
    whole = parts[0]
    for other in parts[1:]:
        whole = whole.joined(other)
    return whole
