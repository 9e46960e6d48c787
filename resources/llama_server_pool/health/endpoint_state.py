"""What happens to one endpoint: events come in, and its state follows.

Only this class writes the state. Others report events to it: the monitor what it found out, the
dispatcher what happened to requests. `states` says which state follows; what a fault means for the
*request* is decided in `dispatch`.
"""

from __future__ import annotations

import random

from resources.generation import Fault, Verdict
from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.health.accounting import EndpointAccount
from resources.llama_server_pool.health.endpoint_view import EndpointView
from resources.llama_server_pool.health.states import Event
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.servers.client import EndpointClient, ServerFacts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

REJECTED_ANSWERS = "rejected_answers"
"""Kind of the fault of an endpoint whose answers the caller cannot use."""
UNREACHABLE = frozenset({"refused", "dns", "tls", "timeout"})
"""Faults that show that no request will get through: a single one opens the breaker."""


class EndpointState(EndpointView):
    """One endpoint of the fleet, and the only writer of its state."""

    def __init__(
        self,
        config: Endpoint,
        client: EndpointClient,
        policy: DispatchPolicy,
        jitter: random.Random,
    ) -> None:
        super().__init__(config, client, policy, jitter)
        self._failed_requests: set[str] = set()
        self._refusals = 0
        self._distrusted = False

    def batch_began(self) -> None:
        """Start a fresh account, and readmit the endpoint if the last batch dismissed it."""
        self.account = EndpointAccount()
        if self.dismissed:
            self._on(Event.readmitted)

    def contact_ended(self) -> None:
        """A try to reach it ended, however it did."""
        if not self.tried:
            self._on(Event.asked)

    def discovered(self, facts: ServerFacts, now: float) -> None:
        """It said what it serves, at first contact or after an outage."""
        self.facts_learned(facts)
        self._on(Event.discovered if self.tried else Event.introduced)
        self._is_present(now)

    def facts_learned(self, facts: ServerFacts) -> None:
        """It said more about itself."""
        self._facts = facts

    def healthy(self, now: float) -> None:
        """It reported itself healthy."""
        self._on(Event.healthy)
        self._is_present(now)

    def heard_from(self, now: float) -> None:
        """It gave a sign of life or was sent a request: its silence is measured from now."""
        self._heard = now

    def went_silent(self, since: float) -> None:
        """It has not answered health probes since then; requests sent before are lost."""
        self._gone_since = since

    def trial_began(self, now: float) -> None:
        """It was sent a small request to prove that it works."""
        self._trial_began = now

    def schema_tried(self, *, enforced: bool) -> None:
        """It showed whether it enforces a schema."""
        self._enforces_schema = enforced

    def trial_passed(self) -> None:
        """It generated a few tokens: a request that fails now may itself be to blame."""
        self._on(Event.trial_passed)
        self._failed_requests.clear()

    def slots_leased(self, slots: int) -> None:
        """This run may use this many of its slots from now on."""
        if self._leased != slots:
            self._leased = slots
            self.changed.set()

    def dismiss(self, reason: Fault) -> None:
        """Leave it out of the current batch."""
        self._dismissal = self._last_fault = reason
        self._on(Event.dismissed)

    def answered(self) -> None:
        """It answered a request."""
        before = self._condition
        self._on(Event.answered)
        self._breaker.answered()
        self._throttle.answered()
        self._failed_requests.clear()
        self._refusals = 0
        self._answers += 1
        if self._capacity.answered(self.slots) or self._condition != before:
            self.changed.set()

    def judged(self, verdict: Verdict, now: float) -> None:
        """It answered a request, and the caller has judged the answer.

        An endpoint that was distrusted comes back with a usable answer only.
        """
        self.account.judged(verdict)
        if verdict.usable or not self._distrusted:
            self._distrusted = False
            self.answered()
        else:
            self.distrust("its answers are still not usable", now)

    def distrust(self, why: str, now: float) -> None:
        """Its answers were rejected far more often than those of its neighbours."""
        self._distrusted = True
        self.failed(EndpointFault(REJECTED_ANSWERS, why, Disposition.server), "", now)

    def failed(self, fault: EndpointFault, request_id: str, now: float) -> bool:
        """Apply a fault to this endpoint.

        Args:
            fault: What went wrong.
            request_id: The request that failed; empty for probes.
            now: The time, in seconds.

        Returns:
            Whether the request may be to blame: the endpoint was healthy until then, or only this
            request has failed there.
        """
        self.account.faults[fault.kind] += 1
        self._last_fault = Fault(self.name, fault.kind, fault.detail)
        self.changed.set()
        match fault.disposition:
            case Disposition.server:
                return self._server_fault(fault, request_id, now)
            case Disposition.loading:
                self._on(Event.reported_loading)
            case Disposition.throttled:
                if self._throttle.asked_to_wait(fault.retry_after, now):
                    self._on(Event.throttled_again)
            case Disposition.overload:
                self._capacity.overloaded(self.slots)
            case Disposition.auth:
                self.dismiss(self._last_fault)
            case Disposition.request:
                self._refusals += 1
                if not self._answers and self._refusals >= self._policy.misconfigured_after:
                    self.dismiss(self._last_fault)
            case Disposition.schema | Disposition.context:
                pass  # concerns this request only: the trial showed whether it takes schemas
        return False

    def _server_fault(self, fault: EndpointFault, request_id: str, now: float) -> bool:
        fatal = fault.kind in UNREACHABLE or not request_id
        self._trial_began = None
        if not fatal:
            self._on(Event.faulted)
        if self._breaker.opens(self._condition.service, now, fatal=fatal):
            self._on(Event.opened)
        if request_id:  # a probe says nothing about requests
            self._failed_requests.add(request_id)
        return not fatal and self._failed_requests == {request_id}

    def _is_present(self, now: float) -> None:
        self._gone_since, self._heard = None, now

    def _on(self, event: Event) -> None:
        self._condition = self._condition.after(event)
