"""What was repaired and left out while a draft of an answer was read, and why."""

from __future__ import annotations

from collections import Counter

from relgen_assets.extraction.codes import Repair
from relgen_assets.extraction.draft import Draft
from relgen_assets.extraction.leaks import Leak


class Notes:
    """Collects the repairs of one draft, and counts what of it is not about the text."""

    def __init__(self) -> None:
        self._repairs: dict[Repair, None] = {}
        self._statements: Counter[Leak] = Counter()
        self._names: Counter[Leak] = Counter()

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """The repairs, each once, in the order first needed."""
        return tuple(self._repairs)

    def add(self, repair: Repair) -> None:
        """Note a repair."""
        self._repairs.setdefault(repair)

    def add_statement(self, leak: Leak) -> None:
        """Note a description or relation that is not about the text."""
        self.add(leak.repair)
        self._statements[leak] += 1

    def add_name(self, leak: Leak) -> None:
        """Note a name that is not of the text."""
        self.add(leak.repair)
        self._names[leak] += 1

    def leak_of_most(self, draft: Draft) -> Leak | None:
        """Return what most of a draft is instead of being about the text, if it is."""
        statements = len(draft.relations) + bool(draft.section_description)
        parts = statements + len(draft.entities)
        for leak in Leak:
            said, named = self._statements[leak], self._names[leak]
            # A name says little of its language, so statements alone may decide.
            if (said and said * 2 >= statements) or (named and (said + named) * 2 >= parts):
                return leak
        return None
