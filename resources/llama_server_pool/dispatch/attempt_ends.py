"""What follows when an attempt ends: an answer settles its request, a fault needs a decision.

`decisions` makes the decision; this module carries it out.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from resources.generation import Generation, Verdict
from resources.llama_server_pool.dispatch.attempts import RunningAttempt, RunningAttempts
from resources.llama_server_pool.dispatch.decisions import (
    Decision,
    Fail,
    FleetView,
    Retry,
    TooLong,
    Wait,
    decide,
)
from resources.llama_server_pool.dispatch.judging import Judging
from resources.llama_server_pool.dispatch.open_tickets import OpenTickets
from resources.llama_server_pool.dispatch.retry_policy import DelayedRetries, RetryBudget
from resources.llama_server_pool.dispatch.tasks import BatchTasks
from resources.llama_server_pool.dispatch.ticket import AttemptFault, Spare, Ticket
from resources.llama_server_pool.dispatch.writer import LedgerWriter
from resources.llama_server_pool.health.endpoint_state import EndpointState
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.llama_server_pool.scheduling.values import Usage
from resources.llama_server_pool.servers.client import Completion
from resources.llama_server_pool.servers.faults import EndpointFault
from resources.progress import ProgressTask


class AttemptEnds:
    """Handles the answers and faults of one batch.

    Args:
        fleet: The endpoints.
        judging: Says which answers are usable.
        tasks: The tasks of the batch.
        tickets: The requests that have no outcome yet.
        attempts: What else is running.
        retries: Where requests wait for their retry.
        writer: Where answers go that are thrown away.
        progress: Where to show the tokens.
    """

    def __init__(
        self,
        fleet: Supervisor,
        judging: Judging,
        tasks: BatchTasks,
        tickets: OpenTickets,
        attempts: RunningAttempts,
        retries: DelayedRetries,
        writer: LedgerWriter,
        progress: ProgressTask,
    ) -> None:
        self._fleet, self._judging, self._tasks, self._tickets = fleet, judging, tasks, tickets
        self._attempts, self._retries, self._progress = attempts, retries, progress
        self._bookings: set[asyncio.Task[None]] = set()
        self._writer = writer
        self._budget = RetryBudget(fleet.policy, fleet.jitter)

    def answered(self, attempt: RunningAttempt, completion: Completion, now: float) -> None:
        """Handle an answer; an unusable one is kept in reserve while another attempt runs."""
        ticket, endpoint = attempt.ticket, attempt.endpoint
        self._budget.earn()
        generation = replace(
            completion.generation,
            subject=ticket.request.subject,
            model=self._fleet.model or "",
            attempt=ticket.request.attempt,
        )
        completion = replace(completion, generation=generation)
        if generation.prompt_tokens != ticket.request.prompt_tokens:  # else none was counted
            self._fleet.sizes.counted(ticket.request, generation.prompt_tokens)
        if attempt.verdict is not None:
            self._book(endpoint, generation, attempt.verdict)
            if not attempt.verdict.usable and self._attempts.has_other(attempt):
                # The other attempt may do better; this answer is used only if it does not.
                ticket.unusable = Spare(completion, endpoint.account, attempt.load(now))
                endpoint.account.hedged_tokens += generation.completion_tokens
                self._fleet.scheduler.fail(attempt.number, now)
                return
        else:
            booking = self._tasks.start(self._judge(endpoint, generation))
            self._bookings.add(booking)
            booking.add_done_callback(self._bookings.discard)
        endpoint.account.answer(completion, attempt.load(now))
        for number in self._fleet.scheduler.complete(attempt.number, _usage(completion), now):
            self._attempts.supersede(number)
        self._progress.advance(0, tokens=generation.completion_tokens)
        self._tickets.settle(ticket, generation)

    async def all_booked(self) -> None:
        """Wait until the verdict on every answer is booked."""
        await asyncio.gather(*self._bookings, return_exceptions=True)

    async def _judge(self, endpoint: EndpointState, generation: Generation) -> None:
        """Book the verdict once it is known; answer and slot do not wait for it."""
        self._book(endpoint, generation, await self._judging.verdict(generation))

    def _book(self, endpoint: EndpointState, generation: Generation, verdict: Verdict) -> None:
        self._fleet.judged(endpoint, generation.attempt, verdict)
        self._fleet.apply(endpoint)  # before it is assigned anything else

    def failed(self, attempt: RunningAttempt, fault: EndpointFault, now: float) -> None:
        """Apply a fault to the endpoint, then to the request if it has no other attempt."""
        ticket, endpoint = attempt.ticket, attempt.endpoint
        ran_alone = endpoint.capacity == 1  # until now: an overload lowers it
        if fault.answer is not None:
            self._discard(ticket, fault, fault.answer)
        suspected = endpoint.failed(fault, ticket.id, now)
        met = AttemptFault(endpoint.name, fault, suspected, ran_alone, endpoint.context)
        ticket.note(met)
        self._fleet.apply(endpoint)  # before it is assigned anything else
        if self._attempts.has_other(attempt):
            self._fleet.scheduler.fail(attempt.number, now)
        elif ticket.unusable is not None:
            self._fleet.scheduler.fail(attempt.number, now, requeue=False)
            self._use_spare(ticket, ticket.unusable)
        else:
            self._carry_out(decide(ticket, met, self._view(now)), attempt, now)

    def _discard(self, ticket: Ticket, fault: EndpointFault, answer: Generation) -> None:
        """Keep an answer that is thrown away, with the reason: it must not be asked for again."""
        answer = replace(answer, model=self._fleet.model or "")
        self._writer.discard(ticket.request, answer, fault.kind, fault.context)

    def _carry_out(self, decision: Decision, attempt: RunningAttempt, now: float) -> None:
        """Requeue the request at once, or let the scheduler drop it and act on the decision."""
        at_once = isinstance(decision, Wait) or (
            isinstance(decision, Retry) and decision.after is None
        )
        self._fleet.scheduler.fail(attempt.number, now, requeue=at_once)
        ticket = attempt.ticket
        match decision:
            case Retry(after=pause) if pause is not None:
                self._budget.spend()
                self._retries.add(ticket, pause)
            case Fail(reason):
                self._tickets.set_aside(ticket, reason)
            case TooLong(context):
                self._fleet.learn_context(attempt.endpoint, context)
                ticket.outgrow(context)
                self._tickets.queue(ticket)
            case _:
                pass  # it is queued again

    def _view(self, now: float) -> FleetView:
        serving = {one.name: one.context for one in self._fleet.serving_endpoints(now)}
        return FleetView(self._fleet.policy, serving, self._budget.pause())

    def _use_spare(self, ticket: Ticket, spare: Spare) -> None:
        """Use the answer in reserve: no other attempt gave a better one."""
        generation = spare.completion.generation
        spare.account.hedged_tokens -= generation.completion_tokens
        spare.account.answer(spare.completion, spare.load)
        self._tickets.settle(ticket, generation)


def _usage(completion: Completion) -> Usage:
    """Return what an answer cost, for the scheduler to learn from."""
    generation = completion.generation
    return Usage(
        generation.prompt_tokens,
        generation.cached_tokens,
        generation.completion_tokens,
        completion.prefill_seconds,
        completion.decode_seconds,
    )
