"""The copies of requests that run right now: starting, watching and ending them.

What an answer or a fault means is told to whoever owns the request; here nobody decides about
requests, only about connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from resources.llama_server_pool.client import Completion
from resources.llama_server_pool.faults import Disposition, EndpointFault
from resources.llama_server_pool.member import Member
from resources.llama_server_pool.retries import Ticket
from resources.llama_server_pool.supervisor import Supervisor
from resources.llama_server_pool.watchdog import Expectation, Watch, first_token_limit


@dataclass
class Execution:
    """One copy of a request, running on one endpoint.

    Attributes:
        copy: Its number within the scheduler.
        ticket: The request.
        member: The endpoint.
        watch: Its progress.
        leeway: Factor on its wait for the first token.
        slot_seconds: Slot-seconds of the endpoint when it was sent.
        superseded: Whether another copy has answered.
        hung: Why it was given up, if it was.
    """

    copy: int
    ticket: Ticket
    member: Member
    watch: Watch
    leeway: float
    slot_seconds: float
    superseded: bool = False
    hung: EndpointFault | None = None

    def load(self, now: float) -> float:
        """Return how many slots of the endpoint were busy on average while it ran."""
        spent = self.member.account.slot_seconds(now) - self.slot_seconds
        return spent / max(now - self.watch.started, 1e-9)


Answered = Callable[[Execution, Completion, float], None]
Failed = Callable[[Execution, EndpointFault, float], None]


class Executions:
    """All copies of one batch that run.

    Args:
        fleet: The endpoints.
        answered: Called with every answer that still counts.
        failed: Called with every fault of a copy that still counts.
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
        self._running: dict[int, tuple[Execution, asyncio.Task[None]]] = {}

    def __len__(self) -> int:
        return len(self._running)

    def start(self, copy: int, ticket: Ticket, member: Member, now: float) -> None:
        """Send a request."""
        slot_seconds = member.account.start(now)
        execution = Execution(copy, ticket, member, Watch(now), member.leeway.factor, slot_seconds)
        member.heard = now
        task = asyncio.create_task(self._run(execution))
        self._running[copy] = execution, task
        task.add_done_callback(partial(self._clear, execution))
        task.add_done_callback(self._ended)

    def has_other(self, execution: Execution) -> bool:
        """Whether another copy of the same request is running."""
        return any(
            other.ticket is execution.ticket and other.copy != execution.copy
            for other, _ in self._running.values()
        )

    def supersede(self, copy: int) -> None:
        """Close the connection of a copy whose answer is no longer wanted."""
        execution, task = self._running[copy]
        execution.superseded = True
        task.cancel()

    @property
    def moving(self) -> bool:
        """Whether anything that runs has produced tokens."""
        return any(execution.watch.moved is not None for execution, _ in self._running.values())

    def patrol(self, now: float) -> None:
        """Stop what hangs, and what runs on servers that are gone."""
        for execution, task in self._running.values():
            if execution.superseded or execution.hung:
                continue
            execution.hung = self._verdict(execution, now)
            if execution.hung:
                task.cancel()

    def _verdict(self, execution: Execution, now: float) -> EndpointFault | None:
        watch, gone_since = execution.watch, execution.member.gone_since
        if gone_since is not None and (watch.moved or watch.started) < gone_since:
            detail = f"silent for {now - gone_since:.0f} s, and no answer to health probes"
            return EndpointFault("timeout", detail, Disposition.server)
        policy = self._fleet.policy
        detail = watch.verdict(self._expectation(execution), policy, now)
        if not detail:
            return None
        if watch.moved is None:
            execution.member.leeway.stalled(execution.leeway, policy.leeway_limit)
        return EndpointFault("stalled", detail, Disposition.server)

    async def stop(self) -> None:
        """Close every connection and forget what ran."""
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _clear(self, execution: Execution, _task: asyncio.Task[None]) -> None:
        """Free the slot of a copy, however its task ended.

        A task that is cancelled before its first step never runs a line of its coroutine, and a
        judge of answers may raise: neither may keep a slot for good.
        """
        now = self._fleet.now()
        self._running.pop(execution.copy, None)
        self._fleet.scheduler.release(execution.copy, now)
        execution.member.account.end(now)

    async def _run(self, execution: Execution) -> None:
        """Run one copy to its end, and tell which it was."""
        member = execution.member
        result: Completion | EndpointFault | None
        try:
            result = await self._complete(execution)
        except asyncio.CancelledError:
            if not execution.superseded and execution.hung is None:
                raise
            result = execution.hung
        now = self._fleet.now()
        del self._running[execution.copy]
        if execution.superseded:
            member.account.hedged_tokens += execution.watch.tokens
        elif isinstance(result, Completion):
            self._answered(execution, result, now)
        elif result is not None:
            member.account.lost_tokens += execution.watch.tokens
            self._failed(execution, result, now)

    async def _complete(self, execution: Execution) -> Completion | EndpointFault:
        member = execution.member
        assert member.facts is not None  # noqa: S101 - it has slots only once it was discovered

        def on_tokens(tokens: int) -> None:
            now = self._fleet.now()
            member.heard = now
            if execution.watch.moved is None:
                self._began(execution, now)
            execution.watch.progress(tokens, now)
            self._fleet.scheduler.progress(execution.copy, tokens, now)

        try:
            return await member.client.complete(execution.ticket.request, on_tokens, member.facts)
        except EndpointFault as fault:
            return fault

    def _began(self, execution: Execution, now: float) -> None:
        wait = first_token_limit(self._expectation(execution), self._fleet.policy)
        share = (now - execution.watch.started) / wait
        execution.member.leeway.began(execution.leeway, share)

    def _expectation(self, execution: Execution) -> Expectation:
        ticket, member = execution.ticket, execution.member
        seconds = None
        if member.experienced:  # a probe does not tell how long a long prompt takes: only work does
            seconds = self._fleet.scheduler.expected_seconds(ticket.job, member.name)
        longest = ticket.request.sampling.max_tokens
        expected = self._fleet.scheduler.expected_answer(ticket.job) or longest
        return Expectation(
            ticket.prompt_tokens,
            longest,
            expected,
            seconds,
            decode_rate=self._fleet.scheduler.decode_rate(member.name),
            slots=member.slots,
            leeway=execution.leeway,
        )
