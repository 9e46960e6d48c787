"""What happens to one endpoint: events come in, and its state follows.

Only this class writes the state. Everybody else reports events to it: the monitor what it found
out, the dispatcher what became of requests. Which states follow is in `states`; what a fault means
for the *request* is decided in `dispatch`.
"""

from __future__ import annotations

import random

from resources.generation import Fault
from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.health.accounting import EndpointAccount
from resources.llama_server_pool.health.endpoint_view import EndpointView
from resources.llama_server_pool.health.states import Event
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.servers.client import EndpointClient, ServerFacts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

UNREACHABLE = frozenset({"refused", "dns", "tls", "timeout"})
"""Faults after which no request can be expected to get through: one is enough."""


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
        self._failed_jobs: set[str] = set()
        self._refusals = 0

    def batch_began(self) -> None:
        """Start a fresh account, and use the endpoint again if the last batch did not."""
        self.account = EndpointAccount()
        if self.dismissed:
            self._on(Event.readmitted)

    def contact_ended(self) -> None:
        """An attempt to reach it ended, in whatever way."""
        if not self.tried:
            self._on(Event.asked)

    def discovered(self, facts: ServerFacts, now: float) -> None:
        """It said who it is, at first or after an outage."""
        self.facts_learned(facts)
        self._on(Event.discovered if self.tried else Event.introduced)
        self._is_present(now)

    def facts_learned(self, facts: ServerFacts) -> None:
        """It said more about itself."""
        self._facts = facts

    def healthy(self, now: float) -> None:
        """It answered a health probe well."""
        self._on(Event.healthy)
        self._is_present(now)

    def heard_from(self, now: float) -> None:
        """It gave a sign of life, or was sent a request: its silence starts anew."""
        self._heard = now

    def went_silent(self, since: float) -> None:
        """It has not answered health probes since then; what it was sent before is lost."""
        self._gone_since = since

    def trial_began(self, now: float) -> None:
        """It was sent a small request to show that it works."""
        self._trial_began = now

    def schema_tried(self, *, enforced: bool) -> None:
        """It showed whether it holds answers to a schema."""
        self._enforces_schema = enforced

    def trial_passed(self) -> None:
        """It generated a few tokens: a request that fails next may itself be to blame."""
        self._on(Event.trial_passed)
        self._failed_jobs.clear()

    def slots_leased(self, slots: int) -> None:
        """This run may use so many of its slots from now on."""
        if self._leased != slots:
            self._leased = slots
            self.changed.set()

    def dismiss(self, reason: Fault) -> None:
        """Leave it out of the present batch."""
        self._dismissal = self._last_fault = reason
        self._on(Event.dismissed)

    def answered(self) -> None:
        """It gave an answer."""
        before = self._condition
        self._on(Event.answered)
        self._breaker.answered()
        self._throttle.answered()
        self._failed_jobs.clear()
        self._refusals = 0
        self._answers += 1
        if self._capacity.answered(self.slots) or self._condition != before:
            self.changed.set()

    def take(self, fault: EndpointFault, job: str, now: float) -> bool:
        """Draw the consequences of a fault for this endpoint.

        Args:
            fault: What went wrong.
            job: The job that met it; empty for probes.
            now: The time, in seconds.

        Returns:
            Whether the job may be to blame: the endpoint had been well until then, or only this
            job has failed there.
        """
        self.account.faults[fault.kind] += 1
        self._last_fault = Fault(self.name, fault.kind, fault.detail)
        self.changed.set()
        match fault.disposition:
            case Disposition.server:
                return self._server_fault(fault, job, now)
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
                pass  # about this request: whether it takes schemas at all was tried out
        return False

    def _server_fault(self, fault: EndpointFault, job: str, now: float) -> bool:
        fatal = fault.kind in UNREACHABLE or not job
        self._trial_began = None
        if not fatal:
            self._on(Event.faulted)
        if self._breaker.opens(self._condition.service, now, fatal=fatal):
            self._on(Event.opened)
        if job:  # a probe says nothing about requests
            self._failed_jobs.add(job)
        return not fatal and self._failed_jobs == {job}

    def _is_present(self, now: float) -> None:
        self._gone_since, self._heard = None, now

    def _on(self, event: Event) -> None:
        self._condition = self._condition.after(event)
