"""Runs one batch of requests on the fleet: asyncio around the scheduler.

A request goes through the ledger lookup, the queue, an endpoint, an answer or a fault, and the
ledger write, to the caller, always in that order; the methods below follow the same order.
Decisions are made elsewhere: which endpoint gets a request in `scheduling`, what a fault means for
the request in `decisions` and for the endpoint in `health`, what the caller gets in `outcomes`.
"""

from __future__ import annotations

import asyncio
import logging

from resources.generation import GenerationRequest, Outcome
from resources.generation_ledger.slot_leases import SlotLeases
from resources.llama_server_pool.dispatch.activity import Activity
from resources.llama_server_pool.dispatch.attempt_ends import AttemptEnds
from resources.llama_server_pool.dispatch.attempts import RunningAttempt, RunningAttempts
from resources.llama_server_pool.dispatch.hearing import Hearing
from resources.llama_server_pool.dispatch.intake import Intake
from resources.llama_server_pool.dispatch.judging import Judging
from resources.llama_server_pool.dispatch.known import is_fully_known
from resources.llama_server_pool.dispatch.open_tickets import OpenTickets
from resources.llama_server_pool.dispatch.order import BatchOrder
from resources.llama_server_pool.dispatch.outage_timeout import OutageTimeout
from resources.llama_server_pool.dispatch.outcomes import Outcomes
from resources.llama_server_pool.dispatch.retry_policy import DelayedRetries
from resources.llama_server_pool.dispatch.sharing import Sharing
from resources.llama_server_pool.dispatch.standstill import Standstill
from resources.llama_server_pool.dispatch.tasks import BatchTasks
from resources.llama_server_pool.dispatch.writer import Ledger, LedgerWriter
from resources.llama_server_pool.health.monitor import Monitor
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.llama_server_pool.reports import BatchReport, BatchResult
from resources.llama_server_pool.servers.client import Completion
from resources.llama_server_pool.servers.faults import EndpointFault
from resources.progress import ProgressTask

logger = logging.getLogger(__name__)


class Dispatcher:
    """Runs one batch; use it once, inside an event loop.

    Args:
        fleet: The endpoints.
        ledger: Where known answers come from and new ones go.
        leases: Shares the servers with other runs.
        order: The requests, and which answers are usable.
        progress: Where to show the progress of the batch.
    """

    def __init__(
        self,
        fleet: Supervisor,
        ledger: Ledger,
        leases: SlotLeases,
        order: BatchOrder,
        progress: ProgressTask,
    ) -> None:
        self._fleet, self._order, self._ledger = fleet, order, ledger
        self._asked_memory = False
        self._started = fleet.now()
        self._tasks = BatchTasks()
        self._intake = Intake(ledger, order.requests)
        self._writer = LedgerWriter(ledger, self._written)
        self._tickets = OpenTickets(fleet, self._writer, self._tasks)
        self._judging = Judging(order)
        self._attempts = RunningAttempts(fleet, self._tasks, self._attempt_ended, self._judging)
        self._retries = DelayedRetries(self._tickets.queue)
        self._ends = AttemptEnds(
            fleet,
            self._judging,
            self._tasks,
            self._tickets,
            self._attempts,
            self._retries,
            self._writer,
            progress,
        )
        self._outcomes = Outcomes(order, self._intake, progress, self._judging)
        self._sharing = Sharing(fleet, leases, self._outcomes.missing)
        self._outage_timeout = OutageTimeout(fleet, order, progress)
        self._activity = Activity(fleet, self._attempts, progress)
        self._hearing = Hearing(fleet)
        self._standstill = Standstill(fleet, self._attempts)

    async def run(self) -> BatchResult:
        """Return the outcome of every request.

        Raises:
            NoEndpointLeft: Every endpoint was out of service for longer than the outage timeout;
                all answers so far are in the ledger.
            ConfigurationError: The servers serve different models, or none names its model.
            LedgerError: The ledger cannot be read or written.
        """
        self._fleet.prepare(needs_schema=self._order.needs_schema)
        try:
            if self._fleet.model is not None:
                await self._look_up(self._fleet.model)
            if self._outcomes.missing:
                await self._serve()
        finally:
            await self._close()
        return BatchResult(self._outcomes.by_subject, self._report())

    async def _serve(self) -> None:
        """Run until every request has its outcome."""
        self._sharing.open_requests = self._outcomes.missing
        await self._sharing.negotiate()
        self._tasks.start_background(self._sharing.keep())
        self._tasks.start_background(self._writer.run())
        self._tasks.start_background(self._hearing.measure())
        for endpoint in self._fleet.endpoints.values():
            monitor = Monitor(self._fleet, endpoint, self._fleet_changed)
            self._tasks.start_background(monitor.run())
        while self._outcomes.missing:
            self._tasks.raise_crash()
            self._sharing.open_requests = self._outcomes.missing
            now = self._fleet.now()
            model = self._fleet.identify() or await self._remembered()
            if model is not None:
                await self._look_up(model)
            self._fleet.review_doubts()
            self._start_attempts(now)
            self._attempts.enforce_deadlines(now)
            self._outage_timeout.check(now, moving=self._attempts.moving)
            self._set_aside_unplaceable(now)
            self._standstill.check(now, busy=self._writer.stalled(self._fleet.policy.write_seconds))
            self._activity.show(now)
            await self._rest()
        await self._ends.all_booked()
        self._tasks.raise_crash()

    async def _rest(self) -> None:
        """Wait until something changes or the scheduler's next decision is due."""
        now = self._fleet.now()
        pause, review = self._fleet.policy.tick, self._fleet.scheduler.next_decision(now)
        if review is not None:
            pause = min(pause, max(0.0, review - now))
        await self._tasks.rest(pause)

    def _fleet_changed(self) -> None:
        self._sharing.review()
        self._tasks.wake()

    async def _remembered(self) -> str | None:
        """Return the model of last time, if no server answers and it has answered the whole batch.

        Servers that are there say themselves what they serve.
        """
        if self._fleet.is_unknown and not self._asked_memory:
            self._asked_memory = True
            model = await asyncio.to_thread(self._ledger.latest_model, list(self._fleet.endpoints))
            if model is not None and await is_fully_known(self._ledger, self._order, model):
                logger.warning("No server answers; all answers are known from %s.", model)
                return model
        return None

    async def _look_up(self, model: str) -> None:
        """From the ledger lookup to the queue, or straight to the caller."""
        while self._intake:
            known, fresh, outgrown = await self._intake.look_up(model)
            self._tickets.open(fresh, outgrown)
            if fresh:
                self._fleet.work_began()
            for request, generation in known:
                await self._outcomes.known(request, generation)

    def _start_attempts(self, now: float) -> None:
        """From the queue to an endpoint."""
        if self._writer.stalled(self._fleet.policy.write_seconds):
            return  # answers generated now could not be stored
        for assignment in self._fleet.scheduler.assign(now):
            endpoint = self._fleet.endpoints[assignment.endpoint]
            ticket = self._tickets[assignment.request_id]
            self._attempts.start(assignment.attempt, ticket, endpoint, now)

    def _attempt_ended(
        self, attempt: RunningAttempt, result: Completion | EndpointFault, now: float
    ) -> None:
        """From an answer to the ledger, or from a fault back to the queue."""
        if isinstance(result, EndpointFault):
            self._ends.failed(attempt, result, now)
        else:
            self._ends.answered(attempt, result, now)

    def _set_aside_unplaceable(self, now: float) -> None:
        """Set aside requests that fit no endpoint, or only endpoints gone for too long."""
        self._tickets.set_aside_too_long(self._fleet.take_stranded())
        idle = bool(self._tickets) and not self._attempts and not self._retries
        if self._outage_timeout.exhausted(now, idle=idle):
            contexts = [endpoint.context for endpoint in self._fleet.serving_endpoints(now)]
            if contexts:  # if the whole fleet is gone, that says nothing about the requests
                self._tickets.set_aside_larger(contexts)

    def _written(self, request: GenerationRequest, outcome: Outcome) -> None:
        """From the ledger write to the caller."""
        self._tasks.start(self._conclude(request, outcome))

    async def _conclude(self, request: GenerationRequest, outcome: Outcome) -> None:
        await self._outcomes.written(request, outcome, self._fleet.model or "")

    async def _close(self) -> None:
        """Cancel running attempts, store finished answers, leave the scheduler empty."""
        self._retries.close()
        await self._tasks.stop_background()
        await self._attempts.stop()
        self._tickets.withdraw_all()
        try:
            await self._writer.flush()
        finally:
            self._judging.close()
            await self._sharing.release()

    def _report(self) -> BatchReport:
        now = self._fleet.now()
        endpoints = self._fleet.endpoints.values()
        return self._outcomes.report(
            [one.account.report(one.config, now) for one in endpoints], now - self._started
        )
