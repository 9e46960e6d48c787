"""The names that an answer gives, each with where and how it stands in the text.

Where a name stands is decided in `grounding`; what becomes of an absent one, in `reading`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from relgen_assets.extraction.cleaning import clean, clean_name
from relgen_assets.extraction.grounding import ABSENT, Alignment, GroundedText, Occurrence
from relgen_assets.extraction.names import is_name, without_article
from relgen_assets.extraction.spelling import Difference, differences


@dataclass(frozen=True, slots=True)
class GroundedName:
    """An entity of an extraction, and how it stands in the text.

    Attributes:
        name: The entity, as the text spells it; as the answer does if it is absent.
        answered: What the answer called it.
        occurrence: How that occurs in the text.
        differences: In what the two spellings differ, if they are one name.
        similarity: How alike the two names are, 0 to 100, if the answer misspells it.
        mentions: Where the entity is named, in any spelling of its name; offsets of the text, end
            exclusive, in order.
    """

    name: str
    answered: str
    occurrence: Occurrence
    differences: tuple[Difference, ...] = ()
    similarity: float | None = None
    mentions: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """Looks up the names of one answer in its text.

    Attributes:
        text: The text.
        fuzzy: Least similarity of a misspelled name, 0 to 100; `None` for none.
        respellings: Misspelled names so far, each with the name of the text that is meant.
    """

    text: GroundedText
    fuzzy: int | None = None
    respellings: dict[str, str] = field(default_factory=dict[str, str])

    def ground(self, name: str) -> GroundedName | None:
        """Return a name with its mentions; `None` if it does not occur or cannot be a name."""
        aligned = self._align(name)
        if aligned.occurrence is Occurrence.ABSENT:
            return None
        found = aligned.spelling
        if aligned.occurrence is Occurrence.FUZZY:
            self.respellings[without_article(name)] = found
        is_one_name = aligned.occurrence is Occurrence.NORMALISED
        return GroundedName(
            name=found,
            answered=name,
            occurrence=aligned.occurrence,
            differences=differences(without_article(name), found) if is_one_name else (),
            similarity=aligned.similarity,
            mentions=tuple(self.text.mentions(found)),
        )

    def _align(self, name: str) -> Alignment:
        aligned = self.text.align(name)
        if aligned is ABSENT and self.fuzzy is not None:
            return self.text.align_misspelled(name, self.fuzzy)
        return aligned


def marked(name: str) -> GroundedName | None:
    """Return an absent name as an extraction may keep it; `None` if it cannot be a name."""
    settled = ""
    answered = name
    while name != settled:  # taking one thing off can bring another to the edge
        settled, name = name, clean_name(without_article(clean(name)))
    return GroundedName(name, answered, Occurrence.ABSENT) if is_name(name) else None
