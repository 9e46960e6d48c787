"""The attempts of requests that run right now: starting, watching and ending them.

What an answer or a fault means is told to whoever owns the request; here nobody decides about
requests, only about connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from resources.llama_server_pool.dispatch.deadlines import Expectation, Watch, first_token_limit
from resources.llama_server_pool.dispatch.retry_policy import Ticket
from resources.llama_server_pool.health.endpoint_state import EndpointState
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.llama_server_pool.servers.client import Completion
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault


@dataclass
class RunningAttempt:
    """One attempt of a request, running on one endpoint.

    Attributes:
        number: Its number within the scheduler.
        ticket: The request.
        endpoint: The endpoint.
        watch: Its progress.
        leeway: Factor on its wait for the first token.
        slot_seconds: Slot-seconds of the endpoint when it was sent.
        superseded: Whether another attempt has answered.
        hung: Why it was given up, if it was.
    """

    number: int
    ticket: Ticket
    endpoint: EndpointState
    watch: Watch
    leeway: float
    slot_seconds: float
    superseded: bool = False
    hung: EndpointFault | None = None

    def load(self, now: float) -> float:
        """Return how many slots of the endpoint were busy on average while it ran."""
        spent = self.endpoint.account.slot_seconds(now) - self.slot_seconds
        return spent / max(now - self.watch.started, 1e-9)


Answered = Callable[[RunningAttempt, Completion, float], None]
Failed = Callable[[RunningAttempt, EndpointFault, float], None]


class RunningAttempts:
    """All attempts of one batch that run.

    Args:
        fleet: The endpoints.
        answered: Called with every answer that still counts.
        failed: Called with every fault of an attempt that still counts.
        ended: Called with every task that ended, in whatever way.
    """

    def __init__(
        self,
        fleet: Supervisor,
        answered: Answered,
        failed: Failed,
        ended: Callable[[asyncio.Task[None]], None],
    ) -> None:
        self._fleet = fleet
        self._answered, self._failed, self._ended = answered, failed, ended
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
        task = asyncio.create_task(self._run(attempt))
        self._running[number] = attempt, task
        task.add_done_callback(partial(self._clear, attempt))
        task.add_done_callback(self._ended)

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
        """Whether anything that runs has produced tokens."""
        return any(attempt.watch.moved is not None for attempt, _ in self._running.values())

    def patrol(self, now: float) -> None:
        """Stop what hangs, and what runs on servers that are gone."""
        for attempt, task in self._running.values():
            if attempt.superseded or attempt.hung:
                continue
            attempt.hung = self._verdict(attempt, now)
            if attempt.hung:
                task.cancel()

    def _verdict(self, attempt: RunningAttempt, now: float) -> EndpointFault | None:
        watch, gone_since = attempt.watch, attempt.endpoint.gone_since
        if gone_since is not None and (watch.moved or watch.started) < gone_since:
            detail = f"silent for {now - gone_since:.0f} s, and no answer to health probes"
            return EndpointFault("timeout", detail, Disposition.server)
        policy = self._fleet.policy
        detail = watch.verdict(self._expectation(attempt), policy, now)
        if not detail:
            return None
        if watch.moved is None:
            attempt.endpoint.leeway.stalled(attempt.leeway, policy.leeway_limit)
        return EndpointFault("stalled", detail, Disposition.server)

    async def stop(self) -> None:
        """Close every connection and forget what ran."""
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _clear(self, attempt: RunningAttempt, _task: asyncio.Task[None]) -> None:
        """Free the slot of an attempt, however its task ended.

        A task that is cancelled before its first step never runs a line of its coroutine, and a
        judge of answers may raise: neither may keep a slot for good.
        """
        now = self._fleet.now()
        self._running.pop(attempt.number, None)
        self._fleet.scheduler.release(attempt.number, now)
        attempt.endpoint.account.end(now)

    async def _run(self, attempt: RunningAttempt) -> None:
        """Run one attempt to its end, and tell which it was."""
        endpoint = attempt.endpoint
        result: Completion | EndpointFault | None
        try:
            result = await self._complete(attempt)
        except asyncio.CancelledError:
            if not attempt.superseded and attempt.hung is None:
                raise
            result = attempt.hung
        now = self._fleet.now()
        del self._running[attempt.number]
        if attempt.superseded:
            endpoint.account.hedged_tokens += attempt.watch.tokens
        elif isinstance(result, Completion):
            self._answered(attempt, result, now)
        elif result is not None:
            endpoint.account.lost_tokens += attempt.watch.tokens
            self._failed(attempt, result, now)

    async def _complete(self, attempt: RunningAttempt) -> Completion | EndpointFault:
        endpoint = attempt.endpoint
        assert endpoint.facts is not None  # noqa: S101 - it has slots only once it was discovered

        def on_tokens(tokens: int) -> None:
            now = self._fleet.now()
            endpoint.heard_from(now)
            if attempt.watch.moved is None:
                self._began(attempt, now)
            attempt.watch.progress(tokens, now)
            self._fleet.scheduler.progress(attempt.number, tokens, now)

        try:
            request = attempt.ticket.request
            return await endpoint.client.complete(request, on_tokens, endpoint.facts)
        except EndpointFault as fault:
            return fault

    def _began(self, attempt: RunningAttempt, now: float) -> None:
        wait = first_token_limit(self._expectation(attempt), self._fleet.policy)
        share = (now - attempt.watch.started) / wait
        attempt.endpoint.leeway.began(attempt.leeway, share)

    def _expectation(self, attempt: RunningAttempt) -> Expectation:
        ticket, endpoint = attempt.ticket, attempt.endpoint
        seconds = None
        if (
            endpoint.experienced
        ):  # a probe does not tell how long a long prompt takes: only work does
            seconds = self._fleet.scheduler.expected_seconds(ticket.job, endpoint.name)
        longest = ticket.request.sampling.max_tokens
        expected = self._fleet.scheduler.expected_answer(ticket.job) or longest
        return Expectation(
            ticket.prompt_tokens,
            longest,
            expected,
            seconds,
            decode_rate=self._fleet.scheduler.decode_rate(endpoint.name),
            slots=endpoint.slots,
            leeway=attempt.leeway,
        )
