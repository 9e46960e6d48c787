"""What an idle slot should do next: a waiting request, a hedge, or nothing.

This module decides and changes nothing; `scheduler` acts on the decision.
"""

from __future__ import annotations

from collections.abc import Mapping

from resources.llama_server_pool.scheduling.backlog import Backlog
from resources.llama_server_pool.scheduling.fleet import Attempt, EndpointLoad, OutstandingRequest
from resources.llama_server_pool.scheduling.guard import Guard
from resources.llama_server_pool.scheduling.hedging import SpareBudget, Stragglers
from resources.llama_server_pool.scheduling.lengths import LengthModel
from resources.llama_server_pool.scheduling.values import PolicyOptions

_SLOW = 0.5
"""Endpoints slower than this share of the fastest decode speed prefer short requests."""
_LAST_ROUNDS = 3
"""Stragglers are looked for when fewer than this many requests wait per slot."""


class Placement:
    """Chooses requests for idle slots.

    Args:
        fleet: All endpoints.
        backlog: The waiting requests.
        outstanding: All requests, by id; the scheduler keeps them current.
        attempts: All attempts, by number; the scheduler keeps them current.
        lengths: Expected answer lengths.
        options: Constants of the policy.

    Attributes:
        budget: What the batch may still spend on hedges.
        lag: Seconds by which the client hears too late of tokens and answers.
    """

    def __init__(
        self,
        fleet: list[EndpointLoad],
        backlog: Backlog,
        outstanding: Mapping[str, OutstandingRequest],
        attempts: Mapping[int, Attempt],
        lengths: LengthModel,
        options: PolicyOptions,
    ) -> None:
        self._fleet, self._backlog = fleet, backlog
        self._outstanding, self._attempts = outstanding, attempts
        self._lengths, self._options = lengths, options
        self._guard = Guard(fleet, backlog, lengths, options.guard)
        self._stragglers: Stragglers | None = None
        self.budget = SpareBudget()
        self.lag = 0.0

    def begin(self) -> None:
        """Begin a round of choices at one moment: forget what was true at the last one."""
        self._stragglers = None

    def choose(self, endpoint: EndpointLoad, now: float) -> OutstandingRequest | None:
        """Return the request that the endpoint should run now, or `None` to leave the slot idle.

        If that request is already running, the attempt would be a hedge.
        """
        longest = endpoint.next_rate >= _SLOW * self._fastest_rate()
        waits = False
        for level in range(endpoint.level, -1, -1):
            request_id = self._backlog.queue.peek(
                endpoint.name,
                level,
                endpoint.warm,
                longest,
                lambda avoid, at: self._barred(endpoint, avoid, at, now),
            )
            if request_id is None:
                continue
            waits = True
            outstanding = self._outstanding[request_id]
            if self._guard.accepts(endpoint, outstanding, now):
                return self._straggler(endpoint, outstanding, now) or outstanding
        return None if waits else self._hedge(endpoint, now)

    def _hedge(self, endpoint: EndpointLoad, now: float) -> OutstandingRequest | None:
        if not self._options.hedging:
            return None
        if self._stragglers is None:  # once a round: there may be hundreds of idle slots
            self._stragglers = Stragglers(
                self._attempts.values(),
                self._fastest_rate(),
                self._lengths,
                self._options,
                self.lag,
                now,
            )
        return self._stragglers.worth(endpoint, self.budget)

    def _straggler(
        self, endpoint: EndpointLoad, outstanding: OutstandingRequest, now: float
    ) -> OutstandingRequest | None:
        """Return a running request whose hedge would outlast the queue, `outstanding` included."""
        if len(self._backlog) > _LAST_ROUNDS * sum(one.slots for one in self._fleet):
            return None
        straggler = self._hedge(endpoint, now)
        if straggler is None:
            return None
        (attempt,) = straggler.attempts.values()
        need = endpoint.service(straggler.request, self._lengths, attempt.produced(now))
        return straggler if need >= self._guard.rest_finish(endpoint, outstanding, now) else None

    def _fastest_rate(self) -> float:
        return max(one.speed.decode_rate(1) for one in self._fleet if one.slots)

    def _barred(
        self, endpoint: EndpointLoad, avoid: frozenset[str], level: int, now: float
    ) -> bool:
        """Whether requests that avoid these endpoints should wait for a different one."""
        return endpoint.name in avoid and any(
            one.counts(now) and one.level >= level and one.name not in avoid for one in self._fleet
        )
