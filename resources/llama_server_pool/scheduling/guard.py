"""Whether a slot should take a waiting job, or leave it to the rest of the fleet.

A job that a slow board takes last is what everybody waits for. So a slot takes a job only if it is
expected to finish it no later than the rest of the fleet would finish everything that waits. The
fastest endpoint that may take a job always does, so work never stands still.
"""

from __future__ import annotations

from heapq import heapify, heapreplace

from resources.llama_server_pool.scheduling.backlog import Backlog
from resources.llama_server_pool.scheduling.fleet import EndpointLoad, Entry
from resources.llama_server_pool.scheduling.lengths import LengthModel


class Guard:
    """The comparison of one slot with the rest of the fleet.

    Args:
        fleet: All endpoints.
        backlog: What waits.
        lengths: Expected answer lengths.
        care: Factor on the expected time of the slot; above 1 is more careful.
    """

    def __init__(
        self, fleet: list[EndpointLoad], backlog: Backlog, lengths: LengthModel, care: float
    ) -> None:
        self._fleet, self._backlog, self._lengths, self._care = fleet, backlog, lengths, care

    def accepts(self, endpoint: EndpointLoad, entry: Entry, now: float) -> bool:
        """Whether the endpoint should take a waiting job now."""
        rest = self._takers(entry)
        rate = endpoint.next_rate
        if all(one is endpoint or one.rate <= rate for one in rest):
            return True
        count, prompt, answer = self._backlog.mean(entry.level, self._lengths)
        need = self._care * endpoint.service(entry.job, self._lengths)
        capacity = sum(one.slots / one.seconds(prompt, answer, one.slots) for one in rest)
        if count > need * capacity:
            return True
        return need <= self._finish(endpoint, rest, count, prompt, answer, now)

    def rest_finish(self, endpoint: EndpointLoad, entry: Entry, now: float) -> float:
        """Seconds until all that waits beside `entry` is done without one slot of `endpoint`."""
        count, prompt, answer = self._backlog.mean(entry.level, self._lengths)
        return self._finish(endpoint, self._takers(entry), count, prompt, answer, now)

    def _takers(self, entry: Entry) -> list[EndpointLoad]:
        """Endpoints in service that may take a job."""
        level, avoid = entry.level, entry.avoid
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
        """Give `count` jobs of mean size one by one to the slot that finishes them first."""
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
