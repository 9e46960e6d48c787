"""The policy of the pool: which endpoint runs which request when. Pure.

No clock, no sockets, no asyncio: the caller says what happened and what time it is. The dispatcher
runs the policy on real servers, the simulator in simulated time.

The rules, and where they live:

- An idle slot takes a waiting request only if it would finish it no later than the rest of the
  fleet would finish the whole queue: `guard`. So a slow endpoint sits out the tail.
- When nothing waits for an endpoint, it may hedge, that is, start a second attempt of the request
  that would finish last: `hedging`. If that attempt would outlast the queue, it starts first, as
  the longest request should: `placement`.
- What has to go to another endpoint waits for one that is expected in service soon: `placement`.
- Which request: `request_queue` and `backlog`. How long it takes: `fleet`, from `estimator` and
  `lengths`.

A cancelled attempt keeps its slot until `release`, `complete` or `fail` is called for it.
"""

from __future__ import annotations

from collections.abc import Iterable

from resources.llama_server_pool.scheduling.attempt_table import AttemptTable
from resources.llama_server_pool.scheduling.backlog import Backlog
from resources.llama_server_pool.scheduling.fleet import EndpointLoad, OutstandingRequest
from resources.llama_server_pool.scheduling.hedging import SpareBudget, is_clearly_faster
from resources.llama_server_pool.scheduling.lengths import LengthModel
from resources.llama_server_pool.scheduling.placement import Placement
from resources.llama_server_pool.scheduling.values import (
    Assignment,
    EndpointProfile,
    PolicyOptions,
    QueuedRequest,
    Usage,
)

__all__ = ["Assignment", "EndpointProfile", "PolicyOptions", "QueuedRequest", "Scheduler", "Usage"]


class Scheduler:
    """Decides which endpoint runs which request.

    Args:
        endpoints: The fleet; names are unique.
        options: Constants of the policy.
    """

    def __init__(
        self, endpoints: Iterable[EndpointProfile], options: PolicyOptions | None = None
    ) -> None:
        self._options = options or PolicyOptions()
        self._endpoints = {profile.name: EndpointLoad(profile) for profile in endpoints}
        self._fleet = list(self._endpoints.values())
        self._outstanding: dict[str, OutstandingRequest] = {}
        self._attempts = AttemptTable()
        self._lengths = LengthModel()
        self._backlog = Backlog(self._fleet)
        self._placement = Placement(
            self._fleet,
            self._backlog,
            self._outstanding,
            self._attempts.by_number,
            self._lengths,
            self._options,
        )
        self._stranded: list[str] = []

    # Requests come and go.

    @property
    def outstanding(self) -> int:
        """Number of requests that were submitted and neither answered nor given up."""
        return len(self._outstanding)

    @property
    def waiting(self) -> int:
        """Number of requests with no running attempt."""
        return len(self._backlog)

    def could_start(self, now: float) -> bool:
        """Whether an idle slot could hold a request that waits, and no endpoint is expected."""
        if self._expects(now):
            return False  # requests may wait for that endpoint
        return any(one.idle and self._backlog.holds(one.level) for one in self._fleet)

    def submit(self, requests: Iterable[QueuedRequest], now: float) -> list[str]:  # noqa: ARG002
        """Queue requests.

        Returns:
            The ids of the requests that fit no endpoint's context; they are not queued.

        Raises:
            ValueError: A request with the same id is outstanding.
        """
        if not self._outstanding:
            self._placement.budget = SpareBudget()
        rejected: list[str] = []
        for request in requests:
            self._placement.budget.requests += 1
            if request.id in self._outstanding:
                raise ValueError(f"request {request.id!r} is outstanding already")
            outstanding = self._backlog.admit(request)
            if outstanding is None:
                rejected.append(request.id)
            else:
                self._outstanding[request.id] = outstanding
        return rejected

    def withdraw(self, request_id: str, now: float) -> list[int]:  # noqa: ARG002
        """Give up a request; return its running attempts, for the caller to cancel."""
        outstanding = self._outstanding.pop(request_id, None)
        if outstanding is None:
            return []
        if request_id in self._backlog:
            self._backlog.remove(outstanding)
        return self._attempts.cancel(outstanding)

    def take_stranded(self) -> list[str]:
        """Return the requests dropped since the last call because no endpoint could hold them."""
        stranded, self._stranded = self._stranded, []
        return stranded

    # The fleet changes.

    def set_slots(self, endpoint: str, slots: int, now: float) -> None:  # noqa: ARG002
        """Change the number of slots; 0 takes the endpoint out of service.

        Attempts that run there are not touched; the caller ends them with `fail`.
        """
        self._endpoints[endpoint].slots = slots
        if slots == 0:
            self._backlog.queue.disown(endpoint)

    def expect(self, endpoint: str, until: float) -> None:
        """Let requests that avoid other endpoints wait for one without slots until this time.

        A past time says that nothing is known about when it gets its slots.
        """
        self._endpoints[endpoint].expected_until = until

    def set_context(self, endpoint: str, context: int, now: float) -> list[str]:  # noqa: ARG002
        """Learn an endpoint's context; drop and return queued requests that now fit nowhere."""
        if self._endpoints[endpoint].context == context:
            return []
        self._endpoints[endpoint].context = context
        waited = self._backlog.classify()
        lost: list[str] = []
        for outstanding in list(self._outstanding.values()):
            level = self._backlog.level(outstanding.request)
            if level is not None:
                outstanding.level = level
            elif not outstanding.attempts:
                lost.append(outstanding.request.id)
                del self._outstanding[outstanding.request.id]
        for request_id in waited:
            if request_id in self._outstanding:
                self._backlog.add(self._outstanding[request_id])
        return lost

    # Decisions.

    def hear_late(self, seconds: float) -> None:
        """Note by how many seconds the client hears too late of tokens and answers."""
        self._placement.lag = seconds

    def assign(self, now: float) -> list[Assignment]:
        """Start attempts on the idle slots that have something to do."""
        self._placement.begin()
        started: list[Assignment] = []
        undecided = [one for one in self._fleet if one.idle]
        while undecided and self._outstanding:
            endpoint = max(undecided, key=lambda one: one.next_rate)
            outstanding = self._placement.choose(endpoint, now)
            if outstanding is not None:
                hedge = bool(outstanding.attempts)
                if not hedge:
                    self._backlog.remove(outstanding, endpoint.name)
                number = self._start(outstanding, endpoint, now)
                request_id = outstanding.request.id
                started.append(Assignment(number, request_id, endpoint.name, hedge))
            if outstanding is None or not endpoint.idle:
                undecided.remove(endpoint)
        return started

    def _start(self, outstanding: OutstandingRequest, endpoint: EndpointLoad, now: float) -> int:
        """Start an attempt; one that only a doubt about another attempt justifies is paid for."""
        running = list(outstanding.attempts.values())
        paid = any(not is_clearly_faster(endpoint, one) for one in running)
        number = self._attempts.start(outstanding, endpoint, now).number
        if paid:
            self._placement.budget.pay(number)
        return number

    def next_decision(self, now: float) -> float | None:
        """Return when to call `assign` again without an event; `None`: only after an event."""
        idle = any(one.idle for one in self._fleet)
        changing = bool(self._attempts.by_number) or self._expects(now)
        if not (idle and self._outstanding and changing):
            return None
        return now + self._options.review_seconds

    def expected_seconds(self, request_id: str, endpoint: str) -> float | None:
        """Return the seconds a request takes on an endpoint with all slots busy, if known."""
        outstanding, one = self._outstanding.get(request_id), self._endpoints[endpoint]
        if outstanding is None or not one.speed.known:
            return None
        answer = self._lengths.expected(outstanding.request)
        return one.seconds(outstanding.request.prompt_tokens, answer, max(1, one.slots))

    def expected_answer(self, request_id: str) -> float | None:
        """Return the expected length of an answer in tokens; `None` if the request is unknown."""
        outstanding = self._outstanding.get(request_id)
        return None if outstanding is None else self._lengths.expected(outstanding.request)

    def decode_rate(self, endpoint: str) -> float | None:
        """Return the tokens per second of one slot that works alone; `None` when unknown."""
        speed = self._endpoints[endpoint].speed
        return speed.decode_rate(1) if speed.known else None

    def _expects(self, now: float) -> bool:
        """Whether an endpoint without slots is worth waiting for."""
        return any(not one.slots and one.counts(now) for one in self._fleet)

    # Attempts make progress and end.

    def progress(self, attempt: int, tokens: int, now: float) -> None:
        """Note how many tokens an attempt has decoded; the first call ends its prefill."""
        running = self._attempts.by_number.get(attempt)
        if running is not None and not running.cancelled:
            running.progress(tokens, now)

    def observe(self, endpoint: str, usage: Usage) -> None:
        """Learn an endpoint's speed from a probe, outside the queue."""
        speed = self._endpoints[endpoint].speed
        speed.observe_prefill(usage.prompt_tokens - usage.cached_tokens, usage.prefill_seconds)
        speed.observe_decode(usage.completion_tokens, usage.decode_seconds, 1)

    def complete(self, attempt: int, usage: Usage, now: float) -> list[int]:
        """End an attempt with an answer, and with it its request.

        Returns:
            The other attempts of the request, for the caller to cancel; empty if the attempt itself
            had been cancelled before its answer arrived.
        """
        running = self._attempts.end(attempt, now)
        if running is None:
            return []
        running.finish(usage, now)
        if running.cancelled:
            return []
        outstanding = running.outstanding
        self._placement.budget.won(attempt)
        self._lengths.observe(outstanding.request, usage.completion_tokens)
        del self._outstanding[outstanding.request.id]
        return self._attempts.cancel(outstanding)

    def fail(self, attempt: int, now: float, *, requeue: bool = True, avoid: bool = True) -> None:
        """End an attempt without a usable answer.

        If another attempt of the request is running, the request is left to that one.

        Args:
            attempt: Number of the attempt.
            now: The time.
            requeue: Whether the request is requeued at once; otherwise it is dropped.
            avoid: Whether to prefer other endpoints for this request from now on.
        """
        running = self._attempts.end(attempt, now)
        if running is None or running.cancelled:
            return
        outstanding = running.outstanding
        if avoid:
            outstanding.avoid |= {running.endpoint.name}
        if outstanding.attempts:
            return
        level = self._backlog.level(outstanding.request)
        if not requeue or level is None:
            del self._outstanding[outstanding.request.id]
            if requeue:
                self._stranded.append(outstanding.request.id)
            return
        outstanding.level = level
        self._backlog.add(outstanding)

    def release(self, attempt: int, now: float) -> None:
        """Free the slot of a cancelled attempt once it has ended on its server."""
        self._attempts.end(attempt, now)
