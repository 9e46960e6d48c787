"""What a fault means for the request whose attempt it ended, as one pure function: `decide`.

Its inputs are the ticket with its history, the fault, and a frozen view of the fleet: no clock, no
asyncio, no scheduler. The dispatcher carries out the decision. What the fault means for the
endpoint belongs to `health`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resources.generation import FailureReason
from resources.llama_server_pool.dispatch.ticket import AttemptFault, Ticket
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.servers.faults import Disposition

_REFUSED_BY_ALL = {
    Disposition.context: FailureReason.CONTEXT_EXCEEDED,
    Disposition.schema: FailureReason.SCHEMA_REJECTED,
    Disposition.request: FailureReason.REQUEST_REJECTED,
}
"""Why a request fails that every endpoint refuses, by the disposition of the last refusal."""


@dataclass(frozen=True, slots=True)
class FleetView:
    """What `decide` sees of the fleet.

    Attributes:
        policy: How often a request may fail.
        serving: Endpoints that take requests now and are trusted to answer, each with the context
            of one slot in tokens; `None` if unknown.
        retry_pause: Seconds the next retry has to wait under the retry budget.
    """

    policy: DispatchPolicy
    serving: Mapping[str, int | None]
    retry_pause: float

    def able(self, tokens: int) -> frozenset[str]:
        """Return the serving endpoints whose context can hold this many tokens."""
        return frozenset(
            name for name, size in self.serving.items() if size is None or size >= tokens
        )


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again, preferably elsewhere.

    Attributes:
        avoid: Endpoints to use only if no other can take the request.
        after: Seconds to wait before requeueing, charged to the retry budget; `None` requeues at
            once and costs no budget.
    """

    avoid: frozenset[str]
    after: float | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Requeue at once and charge nothing: the endpoint was not ready for the request."""


@dataclass(frozen=True, slots=True)
class Fail:
    """Set the request aside.

    Attributes:
        reason: The reason code stored with the failure.
    """

    reason: FailureReason


@dataclass(frozen=True, slots=True)
class TooLong:
    """The prompt exceeds the context of the endpoint: requeue it for larger contexts.

    Attributes:
        context: Context of that endpoint in tokens, as learned from the fault.
    """

    context: int


Decision = Retry | Wait | Fail | TooLong


def decide(ticket: Ticket, met: AttemptFault, fleet: FleetView) -> Decision:
    """Decide what happens to a request whose last running attempt has failed.

    Args:
        ticket: The request; its history already includes this fault (`Ticket.note`).
        met: The fault.
        fleet: The endpoints after the fault has been applied to them.
    """
    if met.exceeded_context is not None:
        return TooLong(met.exceeded_context)
    if met.refused:
        return _after_refusal(ticket, met, fleet)
    if _hopeless(ticket, fleet.policy):
        # A request that overflows the context although it runs alone is too long.
        overflows = met.disposition is Disposition.overload
        context = FailureReason.CONTEXT_EXCEEDED
        return Fail(context if overflows else FailureReason.ENDPOINTS_EXHAUSTED)
    if met.disposition is Disposition.server:
        return Retry(ticket.avoid, fleet.retry_pause)
    return Wait()


def _after_refusal(ticket: Ticket, met: AttemptFault, fleet: FleetView) -> Decision:
    """Try the endpoints that have not refused the request; fail if none of them can hold it."""
    if fleet.able(ticket.context_needed) - ticket.rejected_by:
        return Retry(ticket.avoid, None)
    return Fail(_REFUSED_BY_ALL[met.disposition])


def _hopeless(ticket: Ticket, policy: DispatchPolicy) -> bool:
    """Whether the request has failed on too many endpoints, or too often."""
    return (
        len(ticket.failed_on) >= policy.set_aside_endpoints
        or ticket.charged >= policy.set_aside_attempts
    )
