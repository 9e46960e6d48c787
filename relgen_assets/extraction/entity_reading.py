"""Reads the names of one draft against its text: its list of entities and the sides of relations.

Each is grounded, kept in the spelling of the text, and listed once. What is left out is noted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from relgen_assets.extraction.codes import Repair
from relgen_assets.extraction.grounding import GroundedText, Occurrence
from relgen_assets.extraction.identity import identity
from relgen_assets.extraction.leaks import Leak, Leaks
from relgen_assets.extraction.names import is_name
from relgen_assets.extraction.naming import GroundedName, Names, marked
from relgen_assets.extraction.notes import Notes
from relgen_assets.extraction.policy import JudgingPolicy

NO_TYPES: Final[Mapping[str, str]] = MappingProxyType({})
_JOINT = re.compile(r"\s*[,;]\s*(?:and\s+)?|\s+and\s+")


class EntityReader:
    """Collects the entities of one draft.

    Args:
        text: The text.
        leaks: Notices what is of the prompt.
        policy: What happens to names that the text does not have.
        notes: Where repairs are noted.
        answered: The list of entities as answered. It shows where names come from: single words
            do not, the list that they make up does.
    """

    def __init__(
        self,
        text: GroundedText,
        leaks: Leaks,
        policy: JudgingPolicy,
        notes: Notes,
        answered: Sequence[str],
    ) -> None:
        self._text, self._leaks, self._policy, self._notes = text, leaks, policy, notes
        self._names = Names(text, policy.fuzzy_names)
        self._leak_of_list = leaks.in_list(answered)
        self._listed: dict[str, str] = {}
        self._types: dict[str, str] = {}
        self._grounded: dict[str, GroundedName] = {}
        self.has_absent = False
        """Whether a name was met that the text does not have."""

    @property
    def entities(self) -> list[str]:
        """The names that are kept, each once."""
        return list(self._listed.values())

    @property
    def types(self) -> list[str | None]:
        """The type of each of them, if the answer gives one that the project has."""
        return [self._types.get(key) for key in self._listed]

    @property
    def grounded(self) -> tuple[GroundedName, ...]:
        """Where each of them stands in the text."""
        return tuple(self._grounded[name] for name in self._listed.values())

    @property
    def occurs_any(self) -> bool:
        """Whether an entity occurs in the text; those that are only marked do not."""
        return any(one.occurrence is not Occurrence.ABSENT for one in self.grounded)

    def list_all(self, names: Sequence[str], types: Mapping[str, str] = NO_TYPES) -> None:
        """Add the entities of the draft's list, with their types by name."""
        for name in names:
            for part in self._split([name]):
                self._list(part, types.get(name))

    def add(self, spelling: str) -> None:
        """Add an entity of a relation that is kept, in the spelling of the text."""
        if identity(spelling) not in self._listed:
            self._notes.add(Repair.ENTITY_ADDED)
        self._listed.setdefault(identity(spelling), spelling)

    def side(self, names: Sequence[str]) -> list[str]:
        """Return one side of a relation, in the spelling of the list of entities."""
        side: dict[str, str] = {}
        for name in self._split(names):
            spelling = self._ground(name)
            if spelling is None:
                continue
            key = identity(spelling)
            listed = self._listed.get(key, spelling)
            if listed != spelling:
                self._notes.add(Repair.ENTITY_RESPELLED)
            if key in side:
                self._notes.add(Repair.DUPLICATE_ENTITY_DROPPED)
            side.setdefault(key, listed)
        return list(side.values())

    def respelled(self, description: str) -> str:
        """Return a description with misspelled names as the text spells them."""
        for answered, spelling in self._names.respellings.items():
            name = re.compile(rf"(?<!\w){re.escape(answered)}(?!\w)", re.IGNORECASE)
            respelled = spelling.join(name.split(description))
            if respelled != description:
                self._notes.add(Repair.TEXT_CLEANED)
                description = respelled
        return description

    def _list(self, name: str, type_: str | None) -> None:
        spelling = self._ground(name)
        if spelling is None:
            return
        key = identity(spelling)
        if key in self._listed:
            self._notes.add(Repair.DUPLICATE_ENTITY_DROPPED)
        self._listed.setdefault(key, spelling)
        if type_ is not None:
            self._types.setdefault(key, type_)

    def _ground(self, name: str) -> str | None:
        """Return the spelling to keep, or `None` after noting why there is none."""
        found = self._names.ground(name)
        if found is None and is_name(name) and self._leak_of(name) is None:
            self.has_absent = True
            if self._policy.absent_names == "mark":
                found = self._mark(name)
        if found is None:
            self._note_absent(name)
            return None
        if found.name != name:
            self._notes.add(Repair.ENTITY_RESPELLED)
        self._grounded.setdefault(found.name, found)
        return found.name

    def _mark(self, name: str) -> GroundedName | None:
        """Return an absent name to be kept; cleaned, it may occur after all."""
        kept = marked(name)
        return kept and (self._names.ground(kept.name) or kept)

    def _leak_of(self, name: str) -> Leak | None:
        """Return where a name that the text does not hold comes from, if that is known."""
        return self._leaks.in_name(name) or self._leak_of_list

    def _note_absent(self, name: str) -> None:
        leak = self._leak_of(name)
        if leak is not None:
            self._notes.add_name(leak)
        elif is_name(name):
            self._notes.add(Repair.UNGROUNDED_ENTITY_DROPPED)
        else:
            self._notes.add(Repair.UNUSABLE_ENTITY_DROPPED)

    def _split(self, names: Sequence[str]) -> list[str]:
        """Return names one by one where an answer joins them: "a transformer, sparse attention"."""
        single: list[str] = []
        for name in names:
            parts = [part for part in _JOINT.split(name) if part]
            if len(parts) > 1 and self._text.ground(name) is None:
                self._notes.add(Repair.VALUE_COERCED)
                single += parts
            else:
                single.append(name)
        return single
