"""Whether a slot should take a queued request, or leave it to the rest of the fleet.

The batch has to wait for the last request that a slow board takes. So a slot takes a request only
if it is expected to finish it no later than the rest of the fleet would finish the whole queue. The
fastest endpoint that may take a request always does, so that work never stalls.
"""

from __future__ import annotations

from heapq import heapify, heapreplace

from resources.llama_server_pool.scheduling.backlog import Backlog
from resources.llama_server_pool.scheduling.fleet import EndpointLoad, OutstandingRequest
from resources.llama_server_pool.scheduling.lengths import LengthModel


class Guard:
    """Compares one slot with the rest of the fleet.

    Args:
        fleet: All endpoints.
        backlog: The waiting requests.
        lengths: Expected answer lengths.
        care: Factor on the expected time of the slot; values above 1 are more cautious.
    """

    def __init__(
        self, fleet: list[EndpointLoad], backlog: Backlog, lengths: LengthModel, care: float
    ) -> None:
        self._fleet, self._backlog, self._lengths, self._care = fleet, backlog, lengths, care

    def accepts(self, endpoint: EndpointLoad, outstanding: OutstandingRequest, now: float) -> bool:
        """Whether the endpoint should take a queued request now."""
        rest = self._takers(outstanding)
        rate = endpoint.next_rate
        if all(one is endpoint or one.rate <= rate for one in rest):
            return True
        count, prompt, answer = self._backlog.mean(outstanding.level, self._lengths)
        need = self._care * endpoint.service(outstanding.request, self._lengths)
        capacity = sum(one.slots / one.seconds(prompt, answer, one.slots) for one in rest)
        if count > need * capacity:
            return True
        return need <= self._finish(endpoint, rest, count, prompt, answer, now)

    def rest_finish(
        self, endpoint: EndpointLoad, outstanding: OutstandingRequest, now: float
    ) -> float:
        """Return the seconds until the queue is done without one slot of `endpoint`.

        Only requests that need the context of `outstanding` or a larger one count.
        """
        count, prompt, answer = self._backlog.mean(outstanding.level, self._lengths)
        return self._finish(endpoint, self._takers(outstanding), count, prompt, answer, now)

    def _takers(self, outstanding: OutstandingRequest) -> list[EndpointLoad]:
        """Return the endpoints in service that may take a request."""
        level, avoid = outstanding.level, outstanding.avoid
        return [
            one for one in self._fleet if one.slots and one.level >= level and one.name not in avoid
        ]

    def _finish(
        self,
        endpoint: EndpointLoad,
        rest: list[EndpointLoad],
        count: int,
        prompt: float,
        answer: float,
        now: float,
    ) -> float:
        """Return when `count` average requests end, each given to the slot that ends it first."""
        ends: list[tuple[float, float]] = []
        for one in rest:
            service = one.seconds(prompt, answer, one.slots)
            free = one.slots - len(one.attempts) - (one is endpoint)
            ends += [(service, service)] * free
            ends += [
                (attempt.remaining(self._lengths, now) + service, service)
                for attempt in one.attempts.values()
            ]
        if not ends:
            return float("inf")
        heapify(ends)
        for _ in range(count - 1):
            end, service = ends[0]
            heapreplace(ends, (end + service, service))
        return ends[0][0]
