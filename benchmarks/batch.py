"""The batch that balancers are compared on, and what one run of it yields."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from benchmarks.fake_server import ServerProcess, ServerSpec, is_answer, prompt_for
from resources.llama_server_pool.simulation.lower_bound import Phase, lower_bound

SHORTEST, LONGEST = 60, 400
BOARD_SHARE = 0.117
"""Speed of a single-board computer over that of a slot of a graphics card (2.34 / 20)."""


def fleet_of(speed: float) -> list[ServerSpec]:
    """Two servers with four and two slots of equal speed, and one slow board."""
    return [
        ServerSpec("big", 4, speed),
        ServerSpec("small", 2, speed),
        ServerSpec("board", 1, BOARD_SHARE * speed),
    ]


def total_slots(fleet: Sequence[ServerSpec]) -> int:
    """Requests that the fleet works on at once."""
    return sum(one.slots for one in fleet)


@dataclass(frozen=True)
class Batch:
    """Requests by the length of their answers in tokens, in order of submission."""

    lengths: tuple[int, ...]

    @classmethod
    def drawn(cls, count: int, seed: int) -> Batch:
        """Draw lengths evenly between the shortest and the longest."""
        random = Random(seed)
        return cls(tuple(random.randint(SHORTEST, LONGEST) for _ in range(count)))

    @property
    def prompts(self) -> list[str]:
        """The prompt of each request."""
        return [prompt_for(number, tokens) for number, tokens in enumerate(self.lengths)]

    def bound(self, fleet: Sequence[ServerSpec]) -> float:
        """Least seconds in which the fleet could answer."""
        rates = tuple(tuple(busy * one.speed for busy in range(1, one.slots + 1)) for one in fleet)
        return lower_bound(self.lengths, [Phase(0.0, rates)])


@dataclass(frozen=True)
class Run:
    """One run of a batch.

    Attributes:
        seconds: From the first request to the last answer.
        answers: The text of each answer; `None` where there is none.
        errors: What went wrong, for the reader.
        wasted_tokens: Tokens generated for nothing, where the balancer counts them.
    """

    seconds: float
    answers: Sequence[str | None]
    errors: Sequence[str] = ()
    wasted_tokens: int = 0

    def lost(self, batch: Batch) -> int:
        """How many requests have no whole answer."""
        pairs = zip(self.answers, batch.lengths, strict=True)
        return sum(text is None or not is_answer(text, tokens) for text, tokens in pairs)


@dataclass
class Measured:
    """All runs of one balancer."""

    ratios: list[float] = field(default_factory=list[float])
    lost: list[int] = field(default_factory=list[int])
    waste: list[float] = field(default_factory=list[float])
    errors: list[str] = field(default_factory=list[str])

    def add(self, run: Run, batch: Batch, servers: Sequence[ServerProcess]) -> None:
        """Note a run."""
        bound = batch.bound([one.spec for one in servers])
        lost = run.lost(batch)
        self.ratios.append(run.seconds / bound if lost < len(batch.lengths) else math.inf)
        self.lost.append(lost)
        self.waste.append(run.wasted_tokens / sum(batch.lengths))
        self.errors += run.errors
