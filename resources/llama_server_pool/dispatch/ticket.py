"""One request on its way through a batch, with the faults of its attempts so far.

A ticket only records its history; `decisions` decides what follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from resources.generation import Fault, GenerationRequest
from resources.llama_server_pool.health.accounting import EndpointAccount
from resources.llama_server_pool.scheduling.values import QueuedRequest
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

if TYPE_CHECKING:  # loads the HTTP client, which a ticket alone does not need
    from resources.llama_server_pool.servers.client import Completion

_REFUSALS = frozenset({Disposition.context, Disposition.schema, Disposition.request})


class Spare(NamedTuple):
    """An answer kept in reserve: used only if no other attempt of its request does better.

    Attributes:
        completion: The answer.
        account: The account of the endpoint that answered.
        load: Average number of busy slots of that endpoint during the attempt.
    """

    completion: Completion
    account: EndpointAccount
    load: float


@dataclass(frozen=True, slots=True)
class AttemptFault:
    """The fault that ended an attempt, together with what is known of its endpoint.

    Attributes:
        endpoint: Name of the endpoint.
        fault: What went wrong.
        suspected: Whether the history of the endpoint points to the request: the endpoint was
            healthy until then, or only this request has failed there.
        ran_alone: Whether the endpoint runs one request at a time, so that no other request can
            have filled its context.
        context: Context of one slot of the endpoint in tokens; `None` if unknown.
    """

    endpoint: str
    fault: EndpointFault
    suspected: bool = False
    ran_alone: bool = False
    context: int | None = None

    @property
    def disposition(self) -> Disposition:
        """What the fault means."""
        return self.fault.disposition

    @property
    def exceeded_context(self) -> int | None:
        """Context in tokens that was too small for the prompt; `None` if unknown."""
        if self.disposition is not Disposition.context:
            return None
        return self.fault.context or self.context

    @property
    def refused(self) -> bool:
        """Whether the endpoint will never take this request."""
        return self.disposition in _REFUSALS and self.exceeded_context is None

    @property
    def charged(self) -> bool:
        """Whether the request itself may be to blame.

        A prompt that exceeds a context is never charged: it moves to a larger context or fails.
        """
        if self.disposition is Disposition.overload:
            return self.ran_alone
        return self.disposition is Disposition.server and self.suspected


@dataclass(slots=True)
class Ticket:
    """One request on its way through a batch, over all its attempts.

    Attributes:
        id: Its id in the scheduler.
        request: The request of the current content attempt.
        prompt_tokens: Length of the prompt, corrected when a server counts more than estimated.
        faults: The faults of all failed attempts, in order.
        charged: Failed attempts that may be the request's own fault.
        failed_on: Endpoints of those attempts.
        rejected_by: Endpoints that refuse its schema or the request itself.
        unusable: An answer that was not accepted while another attempt was still running.
    """

    id: str
    request: GenerationRequest
    prompt_tokens: int
    faults: list[Fault] = field(default_factory=list[Fault])
    charged: int = 0
    failed_on: set[str] = field(default_factory=set[str])
    rejected_by: set[str] = field(default_factory=set[str])
    unusable: Spare | None = None

    @property
    def context_needed(self) -> int:
        """Context in tokens that can hold the prompt and the longest answer."""
        return self.prompt_tokens + self.request.sampling.max_tokens

    @property
    def avoid(self) -> frozenset[str]:
        """Endpoints that the request avoids or an attempt failed on; others are preferred."""
        return self.request.avoid.union(fault.endpoint for fault in self.faults)

    def queued(self) -> QueuedRequest:
        """Return the request as the scheduler sees it."""
        request = self.request
        return QueuedRequest(
            id=self.id,
            prompt_tokens=self.prompt_tokens,
            max_tokens=request.sampling.max_tokens,
            expected_tokens=request.expected_tokens,
            affinity=request.affinity,
            family=request.task,
            avoid=self.avoid,
        )

    def note(self, met: AttemptFault) -> None:
        """Record a failed attempt."""
        self.faults.append(Fault(met.endpoint, met.fault.kind, met.fault.detail))
        if met.charged:
            self.charged += 1
            self.failed_on.add(met.endpoint)
        if met.refused:
            self.rejected_by.add(met.endpoint)

    def outgrow(self, context: int) -> None:
        """Note that prompt and longest answer do not fit a context of this many tokens."""
        self.prompt_tokens += max(0, context + 1 - self.context_needed)
