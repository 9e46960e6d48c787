"""How late the event loop of a batch hears of tokens and answers.

A loop with hundreds of busy streams takes up to seconds for one round. Tokens that arrived
meanwhile are not heard yet, and servers that work look silent. A timer tells the length of a round:
it rings late by as much.
"""

from __future__ import annotations

import asyncio
from typing import Final

from resources.llama_server_pool.health.supervisor import Supervisor

INTERVAL: Final = 0.1
"""Seconds between two looks."""
ROUNDS: Final = 3
"""Rounds of the loop from a socket that can be read to the token that the scheduler hears of."""
FADING: Final = 0.9
"""What is left of a delay at the next look: how late a loop is comes and goes."""


class Hearing:
    """Measures the delay and tells the scheduler.

    Args:
        fleet: The endpoints, with their scheduler.

    Attributes:
        seconds: The delay of late.
    """

    def __init__(self, fleet: Supervisor) -> None:
        self._fleet = fleet
        self.seconds = 0.0

    async def measure(self) -> None:
        """Measure until cancelled."""
        while True:
            began = self._fleet.now()
            await asyncio.sleep(INTERVAL)
            self.note(self._fleet.now() - began)

    def note(self, slept: float) -> None:
        """Learn from a sleep that was to last `INTERVAL` seconds."""
        self.seconds = max(ROUNDS * (slept - INTERVAL), FADING * self.seconds)
        self._fleet.scheduler.hear_late(self.seconds)
