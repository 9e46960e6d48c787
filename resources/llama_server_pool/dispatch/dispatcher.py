"""One batch of requests on its way through the fleet: asyncio around the scheduler.

A request goes ledger lookup -> queue -> endpoint -> ledger write -> caller, in that order and never
around it. This module moves requests along that way. Who gets which request is decided in
`scheduler`, what runs right now is kept in `attempts`, and what a fault means is decided in
`setbacks` for the request and in `endpoint` for the endpoint.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from resources.generation import (
    Failure,
    Generation,
    GenerationRequest,
    Outcome,
    next_attempt,
)
from resources.generation_ledger.keys import generation_key
from resources.generation_ledger.slot_leases import SlotLeases
from resources.llama_server_pool.dispatch.attempts import RunningAttempt, RunningAttempts
from resources.llama_server_pool.dispatch.order import BatchOrder
from resources.llama_server_pool.dispatch.outage_timeout import OutageTimeout
from resources.llama_server_pool.dispatch.retry_policy import Spare, Ticket
from resources.llama_server_pool.dispatch.setbacks import Setbacks
from resources.llama_server_pool.dispatch.sharing import Sharing
from resources.llama_server_pool.dispatch.writer import Ledger, LedgerWriter
from resources.llama_server_pool.health.monitor import Monitor
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.llama_server_pool.reports import BatchReport, BatchResult
from resources.llama_server_pool.scheduling.scheduler import Usage
from resources.llama_server_pool.servers.client import Completion
from resources.llama_server_pool.servers.faults import EndpointFault
from resources.progress import ProgressTask

logger = logging.getLogger(__name__)
_job_numbers = itertools.count(1)


class Dispatcher:
    """Runs one batch; use it once, inside an event loop.

    Args:
        fleet: The endpoints.
        ledger: Where known answers come from and new ones go.
        leases: Shares the servers with other runs.
        order: What the caller wants.
        progress: Where to show how far it is.
    """

    def __init__(
        self,
        fleet: Supervisor,
        ledger: Ledger,
        leases: SlotLeases,
        order: BatchOrder,
        progress: ProgressTask,
    ) -> None:
        self._fleet, self._ledger, self._order, self._progress = fleet, ledger, order, progress
        self._intake = list(order.requests)
        self._open = {request.subject for request in order.requests}
        self._outcomes: dict[str, Outcome] = {}
        self._tickets: dict[str, Ticket] = {}
        self._twins: dict[str, list[GenerationRequest]] = {}
        self._content_retries = 0
        self._wake = asyncio.Event()
        self._crash: BaseException | None = None
        self._background: list[asyncio.Task[None]] = []
        self._model = fleet.model or ""
        self._started = fleet.now()
        self._outage_timeout = OutageTimeout(
            fleet, order.patience_seconds, progress, order.may_return
        )
        self._sharing = Sharing(fleet, leases, lambda: len(self._open))
        self._writer = LedgerWriter(ledger, self._written)
        self._attempts = RunningAttempts(fleet, self._answered, self._failed, self._ended)
        self._setbacks = Setbacks(fleet, lambda one: self._submit([one]), self._set_aside)

    async def run(self) -> BatchResult:
        """Return the outcome of every request.

        Raises:
            NoEndpointLeft: Every endpoint was out of service for longer than the patience; what was
                answered until then is in the ledger.
            ConfigurationError: The servers serve different models, or none says which.
            LedgerError: The ledger cannot be read or written.
        """
        self._fleet.prepare(needs_schema=self._order.needs_schema)
        try:
            if self._model:
                await self._take_in()
            if self._open:
                await self._serve()
        finally:
            await self._close()
        return BatchResult(self._outcomes, self._report())

    async def _serve(self) -> None:
        """Run until every request has its outcome."""
        await self._sharing.negotiate()
        self._spawn(self._sharing.keep())
        self._spawn(self._writer.run())
        for endpoint in self._fleet.endpoints.values():
            self._spawn(Monitor(self._fleet, endpoint, self._fleet_changed).run())
        while self._open:
            if self._crash is not None:
                raise self._crash
            now = self._fleet.now()
            if not self._model:
                self._model = self._fleet.identify() or ""
            elif self._intake:
                await self._take_in()
            self._start_attempts(now)
            self._attempts.patrol(now)
            self._outage_timeout.check(now, moving=self._attempts.moving)
            self._set_aside_stranded(now)
            await self._rest(self._fleet.scheduler.next_decision(now))

    async def _rest(self, until: float | None) -> None:
        pause = self._fleet.policy.tick
        if until is not None:
            pause = min(pause, max(0.0, until - self._fleet.now()))
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._wake.wait()
        self._wake.clear()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(self._ended)
        self._background.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None and self._crash is None:
            self._crash = task.exception()
        self._wake.set()

    def _fleet_changed(self) -> None:
        self._sharing.review()
        self._wake.set()

    # Ledger lookup, then the queue.

    async def _take_in(self) -> None:
        """Look new requests up in the ledger and queue those that are not known."""
        while self._intake:
            requests, self._intake = self._intake, []
            known = await asyncio.to_thread(self._ledger.lookup, requests, self._model)
            fresh = [one for one in requests if one.subject not in known and self._is_first(one)]
            tickets = [Ticket(f"job-{next(_job_numbers)}", one, one.prompt_tokens) for one in fresh]
            self._tickets |= {ticket.job: ticket for ticket in tickets}
            self._submit(tickets)
            for request in requests:
                if request.subject in known:
                    self._conclude(request, replace(known[request.subject], from_ledger=True))

    def _is_first(self, request: GenerationRequest) -> bool:
        """Whether nobody asks the same at present; else the request waits for that answer."""
        twins = self._twins.setdefault(generation_key(request, self._model), [])
        twins.append(request)
        return len(twins) == 1

    def _submit(self, tickets: Sequence[Ticket]) -> None:
        jobs = [ticket.as_job() for ticket in tickets]
        self._too_long(self._fleet.scheduler.submit(jobs, self._fleet.now()))
        self._wake.set()

    def _too_long(self, jobs: Sequence[str]) -> None:
        for job in jobs:
            if job in self._tickets:
                self._set_aside(self._tickets[job], "context_exceeded")

    def _set_aside_stranded(self, now: float) -> None:
        """Set aside what fits no endpoint, or only endpoints that have been gone for too long."""
        self._too_long(self._fleet.take_stranded())
        waits = self._tickets and not len(self._attempts) and not self._setbacks.delayed
        if self._outage_timeout.exhausted(now, idle=bool(waits)):
            contexts = [endpoint.context for endpoint in self._fleet.serving_endpoints(now)]
            if not contexts:  # a fleet that is gone says nothing about the requests
                return
            for ticket in list(self._tickets.values()):
                if all(one is not None and one < ticket.context_needed for one in contexts):
                    self._set_aside(ticket, "context_exceeded")

    # The queue, then an endpoint.

    def _start_attempts(self, now: float) -> None:
        if self._writer.stalled(self._fleet.policy.write_seconds):
            return  # what is generated now could not be kept
        for order in self._fleet.scheduler.assign(now):
            endpoint = self._fleet.endpoints[order.endpoint]
            self._attempts.start(order.attempt, self._tickets[order.job], endpoint, now)

    def _answered(self, attempt: RunningAttempt, completion: Completion, now: float) -> None:
        ticket, endpoint = attempt.ticket, attempt.endpoint
        endpoint.answered()
        self._setbacks.budget.earn()
        request = ticket.request
        generation = replace(
            completion.generation,
            subject=request.subject,
            model=self._model,
            attempt=request.attempt,
        )
        completion = replace(completion, generation=generation)
        if not self._order.usable(generation) and self._attempts.has_other(attempt):
            # The other attempt may do better; this answer is used only if it does not.
            ticket.unusable = Spare(completion, endpoint.account, attempt.load(now))
            endpoint.account.hedged_tokens += generation.completion_tokens
            self._fleet.scheduler.fail(attempt.number, now, avoid=True)
            return
        endpoint.account.answer(completion, attempt.load(now))
        usage = Usage(
            generation.prompt_tokens,
            generation.cached_tokens,
            generation.completion_tokens,
            completion.prefill_seconds,
            completion.decode_seconds,
        )
        for number in self._fleet.scheduler.complete(attempt.number, usage, now):
            self._attempts.supersede(number)
        self._progress.advance(0, tokens=generation.completion_tokens)
        self._settle(ticket, generation)

    def _failed(self, attempt: RunningAttempt, fault: EndpointFault, now: float) -> None:
        ticket, endpoint = attempt.ticket, attempt.endpoint
        self._setbacks.note(ticket, endpoint, fault, now)
        self._fleet.apply(endpoint)  # before anything else is given to it
        self._fleet.scheduler.fail(attempt.number, now, avoid=True)
        if self._attempts.has_other(attempt):
            return
        if ticket.unusable is not None:
            self._fleet.scheduler.withdraw(ticket.job, now)
            self._use_spare(ticket, ticket.unusable)
        else:
            self._setbacks.decide(ticket, endpoint, fault)

    def _use_spare(self, ticket: Ticket, spare: Spare) -> None:
        """Take the answer that no other attempt has bettered."""
        generation = spare.completion.generation
        spare.account.hedged_tokens -= generation.completion_tokens
        spare.account.answer(spare.completion, spare.load)
        self._settle(ticket, generation)

    def _set_aside(self, ticket: Ticket, reason: str) -> None:
        self._fleet.scheduler.withdraw(ticket.job, self._fleet.now())
        failure = Failure(ticket.request.subject, reason, tuple(ticket.faults))
        logger.warning("%s is set aside: %s %s", failure.subject, reason, failure.faults)
        self._settle(ticket, failure)

    # Ledger write, then the caller.

    def _settle(self, ticket: Ticket, outcome: Outcome) -> None:
        del self._tickets[ticket.job]
        self._writer.put(ticket.request, outcome, self._model)

    def _written(self, request: GenerationRequest, outcome: Outcome) -> None:
        self._conclude(request, outcome)
        _, *others = self._twins.pop(generation_key(request, self._model))
        for twin in others:  # equal words about another subject: one answer for both
            shared = replace(outcome, subject=twin.subject)
            if isinstance(shared, Generation):
                shared = replace(shared, from_ledger=True)
            self._conclude(twin, shared)
        self._wake.set()

    def _conclude(self, request: GenerationRequest, outcome: Outcome) -> None:
        """Hand a durable outcome to the caller, or try once more when it cannot be used."""
        answer = outcome if isinstance(outcome, Generation) else None
        last = self._order.is_last(request)
        if answer is not None and not last and not self._order.usable(answer):
            self._content_retries += not answer.from_ledger
            self._intake.append(next_attempt(request))
            return
        self._outcomes[request.subject] = outcome
        self._open.discard(request.subject)
        self._progress.advance(
            from_ledger=int(answer is not None and answer.from_ledger), failed=int(answer is None)
        )

    # The end.

    async def _close(self) -> None:
        """Cancel what still runs, keep what was answered, leave the scheduler empty."""
        self._setbacks.give_up()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._attempts.stop()
        for job in self._tickets:
            self._fleet.scheduler.withdraw(job, self._fleet.now())
        try:
            await self._writer.flush()
        finally:
            await self._sharing.release()

    def _report(self) -> BatchReport:
        now = self._fleet.now()
        outcomes = list(self._outcomes.values())
        known = sum(isinstance(one, Generation) and one.from_ledger for one in outcomes)
        failed = sum(isinstance(one, Failure) for one in outcomes)
        return BatchReport(
            endpoints=tuple(
                one.account.report(one.config, now) for one in self._fleet.endpoints.values()
            ),
            seconds=now - self._started,
            from_ledger=known,
            generated=len(outcomes) - known - failed,
            failed=failed,
            content_retries=self._content_retries,
        )
