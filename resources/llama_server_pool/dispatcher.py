"""One batch of requests on its way through the fleet: asyncio around the scheduler.

A request goes ledger lookup -> queue -> endpoint -> ledger write -> caller, in that order and never
around it. Here it is decided what an answer or a fault means for the *request*; what a fault means
for the endpoint is in `member`, who gets which request in `scheduler`, when a request counts as
hung in `watchdog`.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from resources.llama_server_pool.accounting import BatchReport
from resources.llama_server_pool.client import Completion
from resources.llama_server_pool.faults import Disposition, EndpointFault
from resources.llama_server_pool.leases import Demand, LeaseBook
from resources.llama_server_pool.member import Member
from resources.llama_server_pool.patience import Patience
from resources.llama_server_pool.request import (
    Failure,
    Fault,
    Generation,
    GenerationRequest,
    Outcome,
)
from resources.llama_server_pool.retries import RetryBudget, Ticket, next_attempt
from resources.llama_server_pool.scheduler import Assignment, Job, Usage
from resources.llama_server_pool.supervisor import Supervisor
from resources.llama_server_pool.watchdog import Expectation, Watch
from resources.llama_server_pool.writer import Ledger, LedgerWriter
from resources.progress import ProgressTask

logger = logging.getLogger(__name__)
_job_numbers = itertools.count(1)

REFUSALS = {
    Disposition.context: "context_exceeded",
    Disposition.schema: "schema_rejected",
    Disposition.request: "request_rejected",
}
"""Why a request is set aside that every endpoint in service refused."""


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch.

    Attributes:
        outcomes: The answer or the failure of every request, by subject.
        report: What it cost.
    """

    outcomes: dict[str, Outcome]
    report: BatchReport


@dataclass
class Execution:
    """One copy of a request, running on one endpoint."""

    copy: int
    ticket: Ticket
    member: Member
    watch: Watch
    task: asyncio.Task[None] | None = None
    superseded: bool = False
    hung: str = ""

    def stop(self) -> None:
        """Close its connection, so that the server frees the slot."""
        if self.task is not None:
            self.task.cancel()


class Batch:
    """Runs one batch; use it once.

    Args:
        fleet: The endpoints.
        ledger: Where known answers come from and new ones go.
        requests: What to generate; subjects are unique.
        accept: Says whether an answer can be used; `None` accepts all.
        attempts: Content attempts per request.
        progress: Where to show how far it is.
        patience_seconds: How long to pause when no endpoint is left.
        leases: Shares the servers with other runs.
    """

    def __init__(
        self,
        fleet: Supervisor,
        ledger: Ledger,
        requests: Sequence[GenerationRequest],
        accept: Callable[[Generation], bool] | None,
        attempts: int,
        progress: ProgressTask,
        patience_seconds: float,
        leases: LeaseBook,
    ) -> None:
        self._fleet, self._ledger, self._leases = fleet, ledger, leases
        self._accept, self._attempts, self._progress = accept, attempts, progress
        self._patience = Patience(fleet, patience_seconds, progress)
        self._intake = list(requests)
        self._open = {request.subject for request in requests}
        self._outcomes: dict[str, Outcome] = {}
        self._tickets: dict[str, Ticket] = {}
        self._delayed: set[str] = set()
        self._running: dict[int, Execution] = {}
        self._demanded: dict[str, int] = {}
        self._budget = RetryBudget(fleet.policy, fleet.jitter)
        self._wake = asyncio.Event()
        self._demand_changed = asyncio.Event()
        self._background: list[asyncio.Task[None]] = []
        self._crash: BaseException | None = None
        self._started = fleet.now()
        self._content_retries = 0
        self._model = fleet.model or ""
        self._writer = LedgerWriter(ledger, self._written)

    async def run(self) -> BatchResult:
        """Return the outcome of every request.

        Raises:
            NoEndpointLeft: Every endpoint was out of service for longer than the patience; what was
                answered until then is in the ledger.
            ConfigurationError: The servers serve different models, or none says which.
            LedgerError: The ledger cannot be read or written.
        """
        schema = any(request.json_schema is not None for request in self._intake)
        self._fleet.prepare(needs_schema=schema)
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
        await self._negotiate()
        self._spawn(self._keep_leases())
        self._spawn(self._writer.run())
        for member in self._fleet.members.values():
            self._spawn(self._fleet.tend(member, self._fleet_changed))
        await self._identify()
        while self._open:
            if self._crash is not None:
                raise self._crash
            if self._intake:
                await self._take_in()
            now = self._fleet.now()
            self._too_long(self._fleet.scheduler.take_stranded())
            for assignment in self._fleet.scheduler.assign(now):
                self._start(assignment, now)
            self._patrol(now)
            await self._rest(self._fleet.scheduler.next_decision(now))

    async def _identify(self) -> None:
        """Wait until the servers have said which model they serve, if nobody else has."""
        while not self._model:
            self._model = self._fleet.identify() or ""
            if self._crash is not None:
                raise self._crash
            self._patience.check(self._fleet.now(), moving=False)
            if not self._model:
                await self._rest(None)

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

    # Intake: ledger lookup, then the queue.

    async def _take_in(self) -> None:
        """Look new requests up in the ledger and queue those that are not known."""
        while self._intake:
            requests, self._intake = self._intake, []
            known = await asyncio.to_thread(self._ledger.lookup, requests, self._model)
            self._queue([request for request in requests if request.subject not in known])
            for request in requests:
                if request.subject in known:
                    self._conclude(request, replace(known[request.subject], from_ledger=True))

    def _queue(self, requests: Sequence[GenerationRequest]) -> None:
        tickets = [Ticket(f"job-{next(_job_numbers)}", one, one.prompt_tokens) for one in requests]
        self._tickets |= {ticket.job: ticket for ticket in tickets}
        self._submit(tickets)

    def _submit(self, tickets: Sequence[Ticket]) -> None:
        jobs = [_job(ticket) for ticket in tickets]
        self._too_long(self._fleet.scheduler.submit(jobs, self._fleet.now()))
        self._wake.set()

    def _too_long(self, jobs: Sequence[str]) -> None:
        for job in jobs:
            if job in self._tickets:
                self._set_aside(self._tickets[job], "context_exceeded")

    def _fleet_changed(self, lost: list[str]) -> None:
        self._too_long(lost)
        self._wake.set()
        if self._demands() != self._demanded:
            self._demand_changed.set()

    # Leases: what this run may use of servers that others use too.

    def _demands(self) -> dict[str, int]:
        """Return how many slots of each endpoint this batch could use; a hedge needs one more."""
        now, most = self._fleet.now(), 2 * len(self._open)
        return {
            member.name: min(member.slots_wanted(now), most)
            for member in self._fleet.members.values()
        }

    async def _negotiate(self) -> None:
        self._demand_changed.clear()
        self._demanded = self._demands()
        members = self._fleet.members.values()
        demands = {
            one.config.url: Demand(
                slots=one.slots,
                wants=self._demanded[one.name],
                in_use=max(one.account.running, one.leased or 0),
            )
            for one in members
        }
        granted = await asyncio.to_thread(self._leases.negotiate, demands)
        for member in members:
            if member.leased != granted[member.config.url]:
                member.leased = granted[member.config.url]
                member.changed.set()

    async def _keep_leases(self) -> None:
        """Renew the leases until cancelled, and ask again when the demand changes."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._fleet.policy.lease_renewal):
                    await self._demand_changed.wait()
            await self._negotiate()

    # Execution: one copy on one endpoint.

    def _start(self, assignment: Assignment, now: float) -> None:
        execution = Execution(
            assignment.copy,
            self._tickets[assignment.job],
            self._fleet.members[assignment.endpoint],
            Watch(now),
        )
        self._running[assignment.copy] = execution
        execution.member.account.start(now)
        execution.task = asyncio.create_task(self._execute(execution))
        execution.task.add_done_callback(self._ended)

    async def _execute(self, execution: Execution) -> None:
        """Run one copy to its end, whatever that is."""
        member, ticket = execution.member, execution.ticket
        assert member.facts is not None  # noqa: S101 - it has slots only once it was discovered

        def on_tokens(tokens: int) -> None:
            now = self._fleet.now()
            execution.watch.progress(tokens, now)
            self._fleet.scheduler.progress(execution.copy, tokens, now)

        result: Completion | EndpointFault | None
        try:
            result = await member.client.complete(ticket.request, on_tokens, member.facts)
        except EndpointFault as fault:
            result = fault
        except asyncio.CancelledError:
            if not execution.superseded and not execution.hung:
                raise
            result = None
        now = self._fleet.now()
        del self._running[execution.copy]
        if execution.superseded:
            member.account.hedged_tokens += execution.watch.tokens
            self._fleet.scheduler.release(execution.copy, now)
        elif isinstance(result, Completion):
            self._answered(execution, result, now)
        else:
            stalled = EndpointFault("stalled", execution.hung, Disposition.server)
            self._failed(execution, result or stalled, now)
        member.account.end(now)

    def _answered(self, execution: Execution, completion: Completion, now: float) -> None:
        ticket, member = execution.ticket, execution.member
        member.answered()
        self._budget.earn()
        request = ticket.request
        generation = replace(
            completion.generation,
            subject=request.subject,
            model=self._model,
            attempt=request.attempt,
        )
        if not self._usable(generation) and self._has_other_copy(execution):
            # The other copy may do better; this answer is used only if it does not.
            ticket.unusable = generation
            member.account.hedged_tokens += generation.completion_tokens
            self._fleet.scheduler.fail(execution.copy, now, avoid=False)
            return
        member.account.answer(completion)
        usage = Usage(
            generation.prompt_tokens,
            generation.cached_tokens,
            generation.completion_tokens,
            completion.prefill_seconds,
            completion.decode_seconds,
        )
        for copy in self._fleet.scheduler.complete(execution.copy, usage, now):
            self._supersede(copy)
        self._progress.advance(0, tokens=generation.completion_tokens)
        self._settle(ticket, generation)

    def _supersede(self, copy: int) -> None:
        execution = self._running[copy]
        execution.superseded = True
        execution.stop()

    def _has_other_copy(self, execution: Execution) -> bool:
        return any(
            other.ticket is execution.ticket and other.copy != execution.copy
            for other in self._running.values()
        )

    # Faults: what they mean for the request.

    def _failed(self, execution: Execution, fault: EndpointFault, now: float) -> None:
        ticket, member = execution.ticket, execution.member
        ticket.faults.append(Fault(member.name, fault.kind, fault.detail))
        overflowed_alone = fault.disposition is Disposition.overload and member.bears == 1
        if member.take(fault, ticket.job, now) or overflowed_alone:
            ticket.charge(member.name)
        member.account.lost_tokens += execution.watch.tokens
        self._fleet.scheduler.fail(execution.copy, now, avoid=True)
        if self._has_other_copy(execution):
            return
        if ticket.unusable is not None:
            self._fleet.scheduler.withdraw(ticket.job, now)
            self._settle(ticket, ticket.unusable)
        elif fault.disposition in REFUSALS:
            self._refused(ticket, member, fault)
        elif ticket.hopeless(self._fleet.policy):
            self._set_aside(
                ticket, "context_exceeded" if overflowed_alone else "endpoints_exhausted"
            )
        elif fault.disposition is Disposition.server:
            self._retry_within_budget(ticket)

    def _refused(self, ticket: Ticket, member: Member, fault: EndpointFault) -> None:
        """Set the request aside once nobody in service is left that has not refused it."""
        told = member.facts.context if member.facts else None
        context = fault.context or member.config.context or told
        if fault.disposition is Disposition.context and context is not None:
            self._outgrown(ticket, member, context)
            return
        ticket.rejected_by.add(member.name)
        serving = {one.name for one in self._fleet.members.values() if one.serving}
        if not serving - ticket.rejected_by:
            self._set_aside(ticket, REFUSALS[fault.disposition])

    def _outgrown(self, ticket: Ticket, member: Member, context: int) -> None:
        """Queue a request again as longer than this context: larger ones may hold it."""
        scheduler, now = self._fleet.scheduler, self._fleet.now()
        scheduler.withdraw(ticket.job, now)
        self._too_long(scheduler.set_context(member.name, context, now))
        needed = ticket.prompt_tokens + ticket.request.sampling.max_tokens
        ticket.prompt_tokens += max(0, context + 1 - needed)
        self._submit([ticket])

    def _retry_within_budget(self, ticket: Ticket) -> None:
        pause = self._budget.spend()
        if pause > 0:
            self._fleet.scheduler.withdraw(ticket.job, self._fleet.now())
            self._delayed.add(ticket.job)
            asyncio.get_running_loop().call_later(pause, self._resume, ticket)

    def _resume(self, ticket: Ticket) -> None:
        if ticket.job in self._delayed:
            self._delayed.discard(ticket.job)
            self._submit([ticket])

    def _set_aside(self, ticket: Ticket, reason: str) -> None:
        self._fleet.scheduler.withdraw(ticket.job, self._fleet.now())
        failure = Failure(ticket.request.subject, reason, tuple(ticket.faults))
        logger.warning("%s is set aside: %s %s", failure.subject, reason, failure.faults)
        self._settle(ticket, failure)

    # Outcomes: ledger write, then the caller.

    def _settle(self, ticket: Ticket, outcome: Outcome) -> None:
        del self._tickets[ticket.job]
        self._writer.put(ticket.request, outcome, self._model)

    def _written(self, request: GenerationRequest, outcome: Outcome) -> None:
        self._conclude(request, outcome)
        self._wake.set()

    def _conclude(self, request: GenerationRequest, outcome: Outcome) -> None:
        """Hand a durable outcome to the caller, or try once more when it cannot be used."""
        if (
            isinstance(outcome, Generation)
            and request.attempt < self._attempts
            and not self._usable(outcome)
        ):
            self._content_retries += not outcome.from_ledger
            self._intake.append(next_attempt(request))
            return
        self._outcomes[request.subject] = outcome
        self._open.discard(request.subject)
        self._progress.advance(
            from_ledger=int(isinstance(outcome, Generation) and outcome.from_ledger),
            failed=int(isinstance(outcome, Failure)),
        )

    def _usable(self, generation: Generation) -> bool:
        if generation.finish_reason == "length":
            return False
        return self._accept is None or self._accept(generation)

    # Watching and closing.

    def _patrol(self, now: float) -> None:
        """Stop what hangs, and do not wait for ever for a fleet that is gone."""
        moving = False
        for execution in self._running.values():
            moving = moving or execution.watch.moved is not None
            if execution.superseded or execution.hung:
                continue
            ticket = execution.ticket
            expected = _expectation(ticket, self._expected_seconds(execution))
            execution.hung = execution.watch.verdict(expected, self._fleet.policy, now)
            if execution.hung:
                execution.stop()
        self._patience.check(now, moving=moving)

    def _expected_seconds(self, execution: Execution) -> float | None:
        """A probe tells nothing of how long the endpoint reads a long prompt: only work does."""
        if not execution.member.experienced:
            return None
        return self._fleet.scheduler.expected_seconds(execution.ticket.job, execution.member.name)

    async def _close(self) -> None:
        """Cancel what still runs, keep what was answered, leave the scheduler empty."""
        tasks = [one.task for one in self._running.values() if one.task is not None]
        for task in (*tasks, *self._background):
            task.cancel()
        await asyncio.gather(*tasks, *self._background, return_exceptions=True)
        now = self._fleet.now()
        self._delayed.clear()
        for job in self._tickets:
            self._fleet.scheduler.withdraw(job, now)
        for copy, execution in self._running.items():
            execution.member.account.end(now)
            self._fleet.scheduler.release(copy, now)
        self._running.clear()
        for member in self._fleet.members.values():
            member.leased = 0
        await self._writer.flush()
        await asyncio.to_thread(self._leases.release)

    def _report(self) -> BatchReport:
        now = self._fleet.now()
        outcomes = list(self._outcomes.values())
        known = sum(isinstance(one, Generation) and one.from_ledger for one in outcomes)
        failed = sum(isinstance(one, Failure) for one in outcomes)
        return BatchReport(
            endpoints=tuple(
                one.account.report(one.config, now) for one in self._fleet.members.values()
            ),
            seconds=now - self._started,
            from_ledger=known,
            generated=len(outcomes) - known - failed,
            failed=failed,
            content_retries=self._content_retries,
        )


def _job(ticket: Ticket) -> Job:
    request = ticket.request
    return Job(
        id=ticket.job,
        prompt_tokens=ticket.prompt_tokens,
        max_tokens=request.sampling.max_tokens,
        expected_tokens=request.expected_tokens,
        affinity=request.affinity,
        family=request.task,
    )


def _expectation(ticket: Ticket, seconds: float | None) -> Expectation:
    request = ticket.request
    longest = request.sampling.max_tokens
    expected = request.expected_tokens or longest
    return Expectation(ticket.prompt_tokens, longest, expected, seconds)
