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
from resources.llama_server_pool.watchdog import Expectation, Watch


@dataclass
class Execution:
    """One copy of a request, running on one endpoint.

    Attributes:
        copy: Its number within the scheduler.
        ticket: The request.
        member: The endpoint.
        watch: Its progress.
        superseded: Whether another copy has answered.
        hung: Why it counts as hung; empty while it does not.
    """

    copy: int
    ticket: Ticket
    member: Member
    watch: Watch
    superseded: bool = False
    hung: str = ""


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
        execution = Execution(copy, ticket, member, Watch(now))
        member.account.start(now)
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

    def patrol(self, now: float) -> bool:
        """Stop what hangs; returns whether anything that runs has produced tokens."""
        for execution, task in self._running.values():
            if execution.superseded or execution.hung:
                continue
            execution.hung = execution.watch.verdict(
                self._expectation(execution), self._fleet.policy, now
            )
            if execution.hung:
                task.cancel()
        return any(execution.watch.moved is not None for execution, _ in self._running.values())

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
        try:
            result = await self._complete(execution)
        except asyncio.CancelledError:
            if not execution.superseded and not execution.hung:
                raise
            result = EndpointFault("stalled", execution.hung, Disposition.server)
        now = self._fleet.now()
        del self._running[execution.copy]
        if execution.superseded:
            member.account.hedged_tokens += execution.watch.tokens
        elif isinstance(result, Completion):
            self._answered(execution, result, now)
        else:
            member.account.lost_tokens += execution.watch.tokens
            self._failed(execution, result, now)

    async def _complete(self, execution: Execution) -> Completion | EndpointFault:
        member = execution.member
        assert member.facts is not None  # noqa: S101 - it has slots only once it was discovered

        def on_tokens(tokens: int) -> None:
            now = self._fleet.now()
            execution.watch.progress(tokens, now)
            self._fleet.scheduler.progress(execution.copy, tokens, now)

        try:
            return await member.client.complete(execution.ticket.request, on_tokens, member.facts)
        except EndpointFault as fault:
            return fault

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
        )
