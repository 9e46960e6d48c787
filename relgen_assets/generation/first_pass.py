"""What the first of two passes made of a chunk; `entity_pass` asks, `choices` uses it."""

from __future__ import annotations

from dataclasses import dataclass

from resources.generation import Failure, Generation, Outcome


@dataclass(frozen=True, slots=True)
class FirstPass:
    """The names in a chunk, and the answer that listed them.

    Attributes:
        names: The names that the second pass is restricted to; none if the answer has too few for a
            relation, and then the second pass asks freely.
        outcome: The answer, or its failure; `None` for a forecast, which asks nothing.
    """

    names: list[str]
    outcome: Outcome | None = None

    @property
    def failure(self) -> Failure | None:
        """Why there is no answer, if there is none."""
        return self.outcome if isinstance(self.outcome, Failure) else None

    @property
    def answer(self) -> Generation | None:
        """The answer, if there is one."""
        return self.outcome if isinstance(self.outcome, Generation) else None
