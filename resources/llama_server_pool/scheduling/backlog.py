"""The waiting requests: the queue, sorted by the available contexts, and how much work it holds.

`request_queue` decides which request an endpoint gets next, `guard` whether it takes that request.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from resources.llama_server_pool.scheduling.fleet import EndpointLoad, OutstandingRequest
from resources.llama_server_pool.scheduling.lengths import Family, LengthModel, family_of
from resources.llama_server_pool.scheduling.request_queue import RequestQueue
from resources.llama_server_pool.scheduling.values import QueuedRequest

_UNLIMITED = float("inf")
_PROMPT_WEIGHT = 0.05
"""Work of a prompt token relative to an answer token, for ordering only."""
_UNKNOWN_SHARE = 1 / 3
"""Share of `max_tokens` assumed for an answer of unknown length, for ordering only."""


class _Tally:
    """Number, prompt tokens and expected answer tokens of the queued requests of one family."""

    __slots__ = ("count", "hints", "prompts")

    def __init__(self) -> None:
        self.count, self.prompts, self.hints = 0, 0, 0.0

    def add(self, request: QueuedRequest, sign: int) -> None:
        self.count += sign
        self.prompts += sign * request.prompt_tokens
        self.hints += sign * (request.expected_tokens or 0.0)


class Backlog:
    """The requests with no running attempt.

    Args:
        endpoints: The fleet; this class sets the context classes of its endpoints.
    """

    def __init__(self, endpoints: Iterable[EndpointLoad]) -> None:
        self._endpoints = list(endpoints)
        self.queue = RequestQueue(0)
        self.classify()

    def __len__(self) -> int:
        return len(self.queue)

    def __contains__(self, request_id: str) -> bool:
        return request_id in self.queue

    def classify(self) -> list[str]:
        """Sort the endpoints by their contexts and start an empty queue.

        Returns:
            The ids that were queued so far, in order of arrival.
        """
        waited = self.queue.ids()
        sizes = {one: one.context or _UNLIMITED for one in self._endpoints}
        self._contexts = sorted(set(sizes.values()))
        for one, size in sizes.items():
            one.level = self._contexts.index(size)
        self.queue = RequestQueue(len(self._contexts))
        self._tallies = [defaultdict[Family, _Tally](_Tally) for _ in self._contexts]
        return waited

    def level(self, request: QueuedRequest) -> int | None:
        """Return the context class of a request; `None` if no context can hold it."""
        needed = request.context_needed
        for level, size in enumerate(self._contexts):
            if needed <= size:
                return level
        return None

    def admit(self, request: QueuedRequest) -> OutstandingRequest | None:
        """Queue a new request, or return `None` if no context can hold it."""
        level = self.level(request)
        if level is None:
            return None
        outstanding = OutstandingRequest(request, _size(request), level, request.avoid)
        self.add(outstanding)
        return outstanding

    def add(self, outstanding: OutstandingRequest) -> None:
        """Queue a request."""
        request = outstanding.request
        if outstanding.avoid:
            self.queue.put_back(request.id, outstanding.size, outstanding.avoid, outstanding.level)
        else:
            self.queue.add(request.id, outstanding.size, request.affinity, outstanding.level)
        self._tallies[outstanding.level][family_of(request)].add(request, 1)

    def remove(self, outstanding: OutstandingRequest, endpoint: str | None = None) -> None:
        """Remove a request, to run it on `endpoint` or to give it up."""
        self.queue.remove(outstanding.request.id, endpoint)
        self._tallies[outstanding.level][family_of(outstanding.request)].add(
            outstanding.request, -1
        )

    def holds(self, level: int) -> bool:
        """Whether a request of this context class or a smaller one is queued."""
        return any(
            tally.count for tallies in self._tallies[: level + 1] for tally in tallies.values()
        )

    def mean(self, level: int, lengths: LengthModel) -> tuple[int, float, float]:
        """Return the number, mean prompt and mean answer of the requests of this level and up."""
        count, prompts, answers = 0, 0, 0.0
        for tallies in self._tallies[level:]:
            for family, tally in tallies.items():
                count += tally.count
                prompts += tally.prompts
                answers += lengths.mean(family) * (tally.hints if family[2] else tally.count)
        return count, prompts / max(1, count), answers / max(1, count)


def _size(request: QueuedRequest) -> float:
    """Return the approximate work in answer tokens; the queue is ordered by it."""
    answer = request.expected_tokens
    if answer is None:
        answer = _UNKNOWN_SHARE * request.max_tokens
    return answer + _PROMPT_WEIGHT * request.prompt_tokens
