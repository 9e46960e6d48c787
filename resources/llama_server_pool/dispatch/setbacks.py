"""What a fault means for the request that met it: elsewhere, later, or never.

What it means for the endpoint is in `endpoint`; how often and when to try again, in `retries`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from resources.generation import Fault
from resources.llama_server_pool.dispatch.retry_policy import RetryBudget, Ticket
from resources.llama_server_pool.health.endpoint_state import EndpointState
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

REFUSALS = {
    Disposition.context: "context_exceeded",
    Disposition.schema: "schema_rejected",
    Disposition.request: "request_rejected",
}
"""Why a request is set aside that every endpoint in service refused."""


class Setbacks:
    """Decides about requests of one batch that failed.

    Args:
        fleet: The endpoints.
        submit: Queues a request again that the scheduler does not hold.
        set_aside: Gives a request up, with a reason.
    """

    def __init__(
        self,
        fleet: Supervisor,
        submit: Callable[[Ticket], None],
        set_aside: Callable[[Ticket, str], None],
    ) -> None:
        self.budget = RetryBudget(fleet.policy, fleet.jitter)
        self._fleet = fleet
        self._submit, self._set_aside = submit, set_aside
        self._delayed: dict[str, asyncio.TimerHandle] = {}
        self._closed = False

    @property
    def delayed(self) -> int:
        """Requests that wait for their retry."""
        return len(self._delayed)

    def note(
        self, ticket: Ticket, endpoint: EndpointState, fault: EndpointFault, now: float
    ) -> None:
        """Write a failed try down, and charge it to the request if that may be to blame."""
        ticket.faults.append(Fault(endpoint.name, fault.kind, fault.detail))
        ticket.avoid.add(endpoint.name)
        overflowed_alone = fault.disposition is Disposition.overload and endpoint.bears == 1
        if endpoint.take(fault, ticket.job, now) or overflowed_alone:
            ticket.charge(endpoint.name)

    def decide(self, ticket: Ticket, endpoint: EndpointState, fault: EndpointFault) -> None:
        """Decide what becomes of a request of which no attempt runs any more; it is queued."""
        if fault.disposition in REFUSALS:
            self._refused(ticket, endpoint, fault)
        elif ticket.hopeless(self._fleet.policy):
            too_large = fault.disposition is Disposition.overload
            self._set_aside(ticket, "context_exceeded" if too_large else "endpoints_exhausted")
        elif fault.disposition is Disposition.server:
            self._retry_within_budget(ticket)

    def give_up(self) -> None:
        """Forget the retries that wait, and make no more."""
        self._closed = True
        for timer in self._delayed.values():
            timer.cancel()
        self._delayed.clear()

    def _refused(self, ticket: Ticket, endpoint: EndpointState, fault: EndpointFault) -> None:
        """Set the request aside once nobody in service could hold it and has not refused it."""
        context = fault.context or endpoint.context
        if fault.disposition is Disposition.context and context is not None:
            self._outgrown(ticket, endpoint, context)
            return
        ticket.rejected_by.add(endpoint.name)
        able = {
            one.name
            for one in self._fleet.serving_endpoints(self._fleet.now())
            if one.context is None or one.context >= ticket.context_needed
        }
        if not able - ticket.rejected_by:
            self._set_aside(ticket, REFUSALS[fault.disposition])

    def _outgrown(self, ticket: Ticket, endpoint: EndpointState, context: int) -> None:
        """Queue a request again as longer than this context: larger ones may hold it."""
        scheduler, now = self._fleet.scheduler, self._fleet.now()
        scheduler.withdraw(ticket.job, now)
        self._fleet.learn_context(endpoint, context)
        ticket.prompt_tokens += max(0, context + 1 - ticket.context_needed)
        self._submit(ticket)

    def _retry_within_budget(self, ticket: Ticket) -> None:
        self._fleet.scheduler.withdraw(ticket.job, self._fleet.now())
        if self._closed:  # the scheduler outlives the batch
            return
        loop = asyncio.get_running_loop()
        self._delayed[ticket.job] = loop.call_later(self.budget.spend(), self._resume, ticket)

    def _resume(self, ticket: Ticket) -> None:
        del self._delayed[ticket.job]
        self._submit(ticket)
