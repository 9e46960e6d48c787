"""The attempts that run right now: starting, watching and ending them.

This module handles connections only. It reports the end of every attempt that counts to the
dispatcher, which decides what it means for the request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from resources.generation import Verdict
from resources.llama_server_pool.dispatch.deadlines import Expectation, Watch, first_token_limit
from resources.llama_server_pool.dispatch.judging import QUICK_SECONDS, Judging
from resources.llama_server_pool.dispatch.tasks import BatchTasks
from resources.llama_server_pool.dispatch.ticket import Ticket
from resources.llama_server_pool.health.endpoint_state import EndpointState
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.llama_server_pool.servers.client import Completion
from resources.llama_server_pool.servers.completion import refuse_mere_thoughts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault


@dataclass
class RunningAttempt:
    """One attempt of a request, running on one endpoint.

    Attributes:
        number: Its number in the scheduler.
        watch: Its progress.
        leeway: Factor on its wait for the first token, at the time the request was sent.
        slot_seconds: Slot-seconds of the endpoint when the request was sent.
        superseded: Whether another attempt has answered, so that this one no longer counts.
        hung: Why it was stopped as hung; `None` if it was not.
        verdict: The caller's verdict on its answer, if it was quick or decides between attempts.
        complete: Whether the answer is complete, so that no deadline holds any more.
    """

    number: int
    ticket: Ticket
    endpoint: EndpointState
    watch: Watch
    leeway: float
    slot_seconds: float
    superseded: bool = False
    hung: EndpointFault | None = None
    verdict: Verdict | None = None
    complete: bool = False

    def load(self, now: float) -> float:
        """Return how many slots of the endpoint were busy on average while it ran."""
        spent = self.endpoint.account.slot_seconds(now) - self.slot_seconds
        return spent / max(now - self.watch.started, 1e-9)


Ended = Callable[[RunningAttempt, Completion | EndpointFault, float], None]
"""Called with an attempt, its answer or fault, and the time of the pool's clock in seconds."""


class RunningAttempts:
    """All running attempts of one batch.

    Args:
        fleet: The endpoints.
        tasks: The tasks of the batch; each attempt is one.
        ended: Called with every answer or fault of an attempt that still counts.
        judging: Judges an answer before its attempt ends, if another attempt may do better.
    """

    def __init__(
        self, fleet: Supervisor, tasks: BatchTasks, ended: Ended, judging: Judging
    ) -> None:
        self._fleet, self._tasks, self._ended = fleet, tasks, ended
        self._judging = judging
        self._running: dict[int, tuple[RunningAttempt, asyncio.Task[None]]] = {}

    def __len__(self) -> int:
        return len(self._running)

    def start(self, number: int, ticket: Ticket, endpoint: EndpointState, now: float) -> None:
        """Send a request."""
        slot_seconds = endpoint.account.start(now)
        attempt = RunningAttempt(
            number, ticket, endpoint, Watch(now), endpoint.leeway.factor, slot_seconds
        )
        endpoint.heard_from(now)
        task = self._tasks.start(self._run(attempt))
        self._running[number] = attempt, task
        task.add_done_callback(partial(self._clear, attempt))

    def has_other(self, attempt: RunningAttempt) -> bool:
        """Whether another attempt of the same request is running."""
        return any(
            other.ticket is attempt.ticket and other.number != attempt.number
            for other, _ in self._running.values()
        )

    def supersede(self, number: int) -> None:
        """Close the connection of an attempt whose answer is no longer wanted."""
        attempt, task = self._running[number]
        attempt.superseded = True
        task.cancel()

    @property
    def moving(self) -> bool:
        """Whether any running attempt has produced tokens."""
        return any(attempt.watch.moved is not None for attempt, _ in self._running.values())

    @property
    def tokens(self) -> int:
        """Tokens that the running attempts have produced so far."""
        return sum(attempt.watch.tokens for attempt, _ in self._running.values())

    def enforce_deadlines(self, now: float) -> None:
        """Stop attempts that hang or run on servers that are gone."""
        for attempt, task in self._running.values():
            if attempt.superseded or attempt.hung or attempt.complete:
                continue
            attempt.hung = self._why_hung(attempt, now)
            if attempt.hung:
                task.cancel()

    def _why_hung(self, attempt: RunningAttempt, now: float) -> EndpointFault | None:
        watch, gone_since = attempt.watch, attempt.endpoint.gone_since
        if gone_since is not None and (watch.moved or watch.started) < gone_since:
            detail = f"silent for {now - gone_since:.0f} s, and no answer to health probes"
            return EndpointFault("timeout", detail, Disposition.server)
        policy = self._fleet.policy
        detail = watch.overdue(self._expectation(attempt), policy, now)
        if not detail:
            return None
        if watch.moved is None:
            attempt.endpoint.leeway.stalled(attempt.leeway, policy.leeway_limit)
        return EndpointFault("stalled", detail, Disposition.server)

    async def stop(self) -> None:
        """Close every connection and drop all attempts."""
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _clear(self, attempt: RunningAttempt, _task: asyncio.Task[None]) -> None:
        """Free the slot of an attempt, however its task ended.

        A task cancelled before its first step never runs a line of its coroutine, and the caller's
        check of an answer may raise; in neither case may the slot stay taken.
        """
        now = self._fleet.now()
        self._running.pop(attempt.number, None)
        self._fleet.scheduler.release(attempt.number, now)
        attempt.endpoint.account.end(now)

    async def _run(self, attempt: RunningAttempt) -> None:
        """Run one attempt to its end, and report the end if it counts."""
        endpoint = attempt.endpoint
        result: Completion | EndpointFault | None
        try:
            result = await self._complete(attempt)
            if isinstance(result, Completion):
                attempt.complete = True
                patience = None if self.has_other(attempt) else QUICK_SECONDS
                attempt.verdict = await self._judging.within(patience, result.generation)
        except asyncio.CancelledError:
            if not attempt.superseded and attempt.hung is None:
                raise
            result = attempt.hung
        now = self._fleet.now()
        del self._running[attempt.number]
        if attempt.superseded:
            endpoint.account.hedged_tokens += attempt.watch.tokens
        elif result is not None:
            if isinstance(result, EndpointFault):
                endpoint.account.lost_tokens += attempt.watch.tokens
            self._ended(attempt, result, now)

    async def _complete(self, attempt: RunningAttempt) -> Completion | EndpointFault:
        endpoint = attempt.endpoint
        assert endpoint.facts is not None  # noqa: S101 - it has slots only once it was discovered

        def on_tokens(tokens: int) -> None:
            now = self._fleet.now()
            endpoint.heard_from(now)
            if attempt.watch.moved is None:
                self._began(attempt, now)
            endpoint.account.streamed_tokens += max(0, tokens - attempt.watch.tokens)
            attempt.watch.progress(tokens, now)
            self._fleet.scheduler.progress(attempt.number, tokens, now)

        try:
            request = attempt.ticket.request
            completion = await endpoint.client.complete(request, on_tokens, endpoint.facts)
            refuse_mere_thoughts(completion)
            return completion
        except EndpointFault as fault:
            return fault

    def _began(self, attempt: RunningAttempt, now: float) -> None:
        wait = first_token_limit(self._expectation(attempt), self._fleet.policy)
        share = (now - attempt.watch.started) / wait
        attempt.endpoint.leeway.began(attempt.leeway, share)

    def _expectation(self, attempt: RunningAttempt) -> Expectation:
        ticket, endpoint = attempt.ticket, attempt.endpoint
        scheduler = self._fleet.scheduler
        seconds = None
        if endpoint.experienced:  # a probe does not show how long a long prompt takes
            seconds = scheduler.expected_seconds(ticket.id, endpoint.name)
        longest = ticket.request.sampling.max_tokens
        if endpoint.facts is not None:
            longest = sum(endpoint.client.limits(ticket.request, endpoint.facts))
        expected = scheduler.expected_answer(ticket.id) or longest
        return Expectation(
            ticket.prompt_tokens,
            longest,
            expected,
            seconds,
            decode_rate=scheduler.decode_rate(endpoint.name),
            slots=endpoint.slots,
            leeway=attempt.leeway,
        )
