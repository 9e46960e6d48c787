"""What waits: the queue, sorted by the contexts that exist, and how much work is in it.

Which request an endpoint gets next is decided in `request_queue`, and whether it takes it in
`guard`.
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
"""Work of a prompt token over that of an answer token, for ordering only."""
_UNKNOWN_SHARE = 1 / 3
"""Share of `max_tokens` that an answer of unknown length is ordered by."""


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
        endpoints: The fleet; their context classes are set here.
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
        """Sort the endpoints by their contexts and begin an empty queue.

        Returns:
            The ids that were queued so far, in the order in which they came.
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
        """Return the context class of a request; `None` when no context holds it."""
        needed = request.context_needed
        for level, size in enumerate(self._contexts):
            if needed <= size:
                return level
        return None

    def admit(self, request: QueuedRequest) -> OutstandingRequest | None:
        """Queue a new request, or return `None` when no context holds it."""
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
        """Take a request out, to run it on `endpoint` or to give it up."""
        self.queue.remove(outstanding.request.id, endpoint)
        self._tallies[outstanding.level][family_of(outstanding.request)].add(
            outstanding.request, -1
        )

    def mean(self, level: int, lengths: LengthModel) -> tuple[int, float, float]:
        """Return number, mean prompt and mean answer of the requests of this level or above."""
        count, prompts, answers = 0, 0, 0.0
        for tallies in self._tallies[level:]:
            for family, tally in tallies.items():
                count += tally.count
                prompts += tally.prompts
                answers += lengths.mean(family) * (tally.hints if family[2] else tally.count)
        return count, prompts / max(1, count), answers / max(1, count)


def _size(request: QueuedRequest) -> float:
    """Return the rough work in answer tokens, by which the queue is ordered."""
    answer = request.expected_tokens
    if answer is None:
        answer = _UNKNOWN_SHARE * request.max_tokens
    return answer + _PROMPT_WEIGHT * request.prompt_tokens
