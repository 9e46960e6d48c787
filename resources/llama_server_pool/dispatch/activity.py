"""Shows on the progress board what each endpoint does: its load, its speed of late and its state.

Reads what the batch knows anyway; no server is asked for it.
"""

from __future__ import annotations

from collections import deque

from resources.llama_server_pool.dispatch.attempts import RunningAttempts
from resources.llama_server_pool.health.endpoint_view import EndpointView
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.progress import EndpointActivity, ProgressTask

INTERVAL = 1.0
"""Least seconds between two reports."""
WINDOW = 10.0
"""Speed is measured over this many seconds."""


class Activity:
    """What the endpoints do in one batch.

    Args:
        fleet: The endpoints.
        attempts: What runs on them.
        progress: Where to show it.
    """

    def __init__(
        self, fleet: Supervisor, attempts: RunningAttempts, progress: ProgressTask
    ) -> None:
        self._fleet, self._attempts, self._progress = fleet, attempts, progress
        self._speeds = {name: _Speed() for name in fleet.endpoints}
        self._due = 0.0

    def show(self, now: float) -> None:
        """Report to the board, unless that was done within the last second."""
        if now < self._due:
            return
        self._due = now + INTERVAL
        endpoints = self._fleet.endpoints.values()
        self._progress.show_endpoints(
            tuple(self._activity(one, now) for one in endpoints), self._attempts.tokens
        )

    def _activity(self, endpoint: EndpointView, now: float) -> EndpointActivity:
        account = endpoint.account
        return EndpointActivity(
            endpoint.name,
            min(account.running, endpoint.slots),  # a slot that was freed just now counts twice
            endpoint.slots if endpoint.facts or endpoint.config.slots else None,
            round(self._speeds[endpoint.name].observe(account.streamed_tokens, now), 1),
            endpoint.shown_state(now, needs_schema=self._fleet.needs_schema),
        )


class _Speed:
    """Tokens per second over the last seconds, from a count that only grows."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()

    def observe(self, tokens: int, now: float) -> float:
        self._counts.append((now, tokens))
        while len(self._counts) > 1 and self._counts[1][0] <= now - WINDOW:
            self._counts.popleft()
        began, first = self._counts[0]
        return (tokens - first) / (now - began) if now > began else 0.0
