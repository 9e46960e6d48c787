"""The tickets of one batch that have no outcome yet: they are queued, settled or set aside here.

This module decides nothing; tickets leave it only to the ledger writer.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Mapping, Sequence

from resources.generation import Failure, FailureReason, GenerationRequest, Outcome
from resources.llama_server_pool.dispatch.tasks import BatchTasks
from resources.llama_server_pool.dispatch.ticket import Ticket
from resources.llama_server_pool.dispatch.writer import LedgerWriter
from resources.llama_server_pool.health.supervisor import Supervisor

logger = logging.getLogger(__name__)
_numbers = itertools.count(1)


class OpenTickets:
    """The open tickets of one batch, by id.

    Args:
        fleet: Its scheduler holds the queue.
        writer: Where outcomes go.
        tasks: Woken when something is queued.
    """

    def __init__(self, fleet: Supervisor, writer: LedgerWriter, tasks: BatchTasks) -> None:
        self._fleet, self._writer, self._tasks = fleet, writer, tasks
        self._open: dict[str, Ticket] = {}

    def __len__(self) -> int:
        return len(self._open)

    def __getitem__(self, ticket_id: str) -> Ticket:
        return self._open[ticket_id]

    def open(self, requests: Iterable[GenerationRequest], outgrown: Mapping[str, int]) -> None:
        """Create a ticket for every request and queue it.

        Args:
            requests: The requests.
            outgrown: Contexts in tokens that are known to be too small, by subject.
        """
        sizes = self._fleet.sizes
        tickets = [Ticket(f"ticket-{next(_numbers)}", one, sizes.tokens(one)) for one in requests]
        for ticket in tickets:
            if ticket.request.subject in outgrown:
                ticket.outgrow(outgrown[ticket.request.subject])
        self._open |= {ticket.id: ticket for ticket in tickets}
        self.queue(*tickets)

    def queue(self, *tickets: Ticket) -> None:
        """Queue tickets that the scheduler does not hold; set aside those that fit no endpoint."""
        queued = [ticket.queued() for ticket in tickets]
        self.set_aside_too_long(self._fleet.scheduler.submit(queued, self._fleet.now()))
        self._tasks.wake()

    def settle(self, ticket: Ticket, outcome: Outcome) -> None:
        """Pass an outcome to the ledger writer."""
        del self._open[ticket.id]
        self._writer.put(ticket.request, outcome, self._fleet.model or "")

    def set_aside(self, ticket: Ticket, reason: FailureReason) -> None:
        """Give up a request; its failure lists all its faults."""
        self._fleet.scheduler.withdraw(ticket.id, self._fleet.now())
        failure = Failure(ticket.request.subject, reason.value, tuple(ticket.faults))
        logger.warning("%s was set aside: %s %s", failure.subject, failure.reason, failure.faults)
        self.settle(ticket, failure)

    def set_aside_too_long(self, ids: Sequence[str]) -> None:
        """Give up requests that the scheduler has dropped because they fit no endpoint."""
        for ticket_id in ids:
            if ticket_id in self._open:
                self.set_aside(self._open[ticket_id], FailureReason.CONTEXT_EXCEEDED)

    def set_aside_larger(self, contexts: Sequence[int | None]) -> None:
        """Give up requests that fit none of these contexts; `None` means unknown size."""
        for ticket in list(self._open.values()):
            if all(one is not None and one < ticket.context_needed for one in contexts):
                self.set_aside(ticket, FailureReason.CONTEXT_EXCEEDED)

    def withdraw_all(self) -> None:
        """Empty the queue."""
        for ticket_id in self._open:
            self._fleet.scheduler.withdraw(ticket_id, self._fleet.now())
