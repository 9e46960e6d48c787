"""What happens to what a text does not say: the part of the rules that a project chooses.

The values come from the section `judging` of the settings, whose keys are the fields here, and the
types from the section `extractions`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

AbsentNames = Literal["drop", "reject", "mark"]
"""What happens to a name that does not occur in the text."""
UnsupportedRelations = Literal["drop", "mark"]
"""What happens to a relation that the text does not state."""


@dataclass(frozen=True, slots=True)
class JudgingPolicy:
    """How answers are judged, as far as that can be chosen.

    Attributes:
        absent_names: `drop` leaves the names out, `reject` refuses the answer, `mark` keeps them.
        unsupported_relations: `drop` leaves the relations out, `mark` keeps them.
        fuzzy_names: Least similarity, 0 to 100, at which a misspelled name is taken for one of the
            text; `None` for never. The similarity is that of `fuzzy`.
        merge_relations: Whether relations with the same description and the same sources become
            one relation with all their targets.
        entity_types: The types that entities may have; none leaves them without.
        relation_types: The types that relations may have; none leaves them without.
    """

    absent_names: AbsentNames = "drop"
    unsupported_relations: UnsupportedRelations = "drop"
    fuzzy_names: int | None = None
    merge_relations: bool = False
    entity_types: tuple[str, ...] = ()
    relation_types: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the values in one line; equal for equal policies, different for others."""
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())


DEFAULT_POLICY = JudgingPolicy()
