"""One endpoint and its present state: what happened goes in as events, what follows comes out.

Only this class writes the state. Everybody else reports events to it: the monitor what it found
out, the dispatcher what became of requests. Which states follow is in `states`; what a fault means
for the *request* is decided in `dispatch`.
"""

from __future__ import annotations

import asyncio
import random

from resources.generation import Fault
from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.health.accounting import EndpointAccount
from resources.llama_server_pool.health.breaker import CircuitBreaker
from resources.llama_server_pool.health.capacity import Capacity
from resources.llama_server_pool.health.leeway import Leeway
from resources.llama_server_pool.health.states import (
    IN_TOUCH,
    TRIED_OUT,
    TRUSTED,
    Admission,
    Condition,
    Contact,
    Event,
    Service,
)
from resources.llama_server_pool.health.throttle import Throttle
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.servers.client import EndpointClient, ServerFacts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

UNREACHABLE = frozenset({"refused", "dns", "tls", "timeout"})
"""Faults after which no request can be expected to get through: one is enough."""
DEFAULT_SLOTS = 1
"""Slots of a server when neither the configuration nor the server names a number."""


class EndpointState:
    """One endpoint of the fleet and its present state.

    Args:
        config: Its configuration.
        client: Speaks with it.
        policy: The dispatcher's constants.
        jitter: Source of randomness for its pauses.
    """

    def __init__(
        self,
        config: Endpoint,
        client: EndpointClient,
        policy: DispatchPolicy,
        jitter: random.Random,
    ) -> None:
        self.config, self.client = config, client
        self.account = EndpointAccount()
        self.leeway = Leeway()
        self.changed = asyncio.Event()
        """Set by every event that calls for another look at the endpoint."""
        self._policy = policy
        self._condition = Condition()
        self._breaker = CircuitBreaker(policy, jitter)
        self._throttle = Throttle(policy)
        self._capacity = Capacity(policy.recovery_successes)
        self._facts: ServerFacts | None = None
        self._enforces_schema: bool | None = None
        self._leased: int | None = None
        self._heard = 0.0
        self._gone_since: float | None = None
        self._trial_began: float | None = None
        self._last_fault: Fault | None = None
        self._dismissal: Fault | None = None
        self._failed_jobs: set[str] = set()
        self._refusals = self._answers = 0

    # What is known of it.

    @property
    def name(self) -> str:
        """Name of the endpoint."""
        return self.config.name

    @property
    def condition(self) -> Condition:
        """Its present state."""
        return self._condition

    @property
    def facts(self) -> ServerFacts | None:
        """What it said about itself; `None` before it was reached."""
        return self._facts

    @property
    def enforces_schema(self) -> bool | None:
        """Whether it holds answers to a schema; `None` before that was tried."""
        return self._enforces_schema

    @property
    def slots(self) -> int:
        """Slots of the server when all is well."""
        told = self._facts.slots if self._facts else None
        return self.config.slots or told or DEFAULT_SLOTS

    @property
    def bears(self) -> int:
        """Requests it bears at once, as far as overloads have shown."""
        return self._capacity.of(self.slots)

    @property
    def context(self) -> int | None:
        """Context of one slot in tokens, where it is known."""
        told = self._facts.context if self._facts else None
        return self.config.context or told

    @property
    def experienced(self) -> bool:
        """Whether its speed is known from real requests or the settings, not from a trial."""
        configured = self.config.prefill_rate is not None and self.config.decode_rate is not None
        return configured or self._answers > 0

    @property
    def last_fault(self) -> Fault | None:
        """Its most recent fault."""
        return self._last_fault

    @property
    def gone_since(self) -> float | None:
        """Since when neither requests nor health probes got an answer, if that is so."""
        return self._gone_since

    @property
    def leased(self) -> int | None:
        """Slots this run may use beside other runs; `None` before the first negotiation."""
        return self._leased

    # What its state means.

    @property
    def dismissed(self) -> Fault | None:
        """Why this batch does not use it at all, or `None`."""
        return self._dismissal if self._condition.admission is Admission.dismissed else None

    @property
    def tried(self) -> bool:
        """Whether the first attempt to reach it has ended."""
        return self._condition.contact is not Contact.unasked

    @property
    def tried_out(self) -> bool:
        """Whether it has generated a few tokens on trial since its last outage."""
        return self._condition.service in TRIED_OUT

    @property
    def needs_discovery(self) -> bool:
        """Whether it has to say who it is before it gets requests."""
        return self._condition.contact not in IN_TOUCH or self._condition.service is Service.open

    @property
    def has_said_all(self) -> bool:
        """Whether it has named its model, or cannot be asked for it at present."""
        named = self._facts is None or self._facts.model is not None or self.tried_out
        silent = self.dismissed is not None or self._condition.contact is Contact.loading
        return self.tried and (named or silent or self._condition.service not in TRUSTED)

    @property
    def rests_until(self) -> float:
        """End of its pause, in seconds; a time in the past when it has none."""
        if self._condition.service is Service.open:
            return max(self._breaker.retry_at, self._throttle.paused_until)
        return self._throttle.paused_until

    def needs_trial(self, *, needs_schema: bool) -> bool:
        """Return whether it has to show that it works before it gets requests."""
        return not self.tried_out or (needs_schema and self._enforces_schema is None)

    def quiet(self, now: float) -> bool:
        """Return whether nothing has come from it for a while although it has work."""
        return self.account.running > 0 and now - self._heard >= self._policy.quiet_seconds

    def serving(self, now: float) -> bool:
        """Return whether it takes requests and can be trusted to answer them."""
        return self._condition.service in TRUSTED and self.slots_wanted(now) > 0

    def slots_wanted(self, now: float) -> int:
        """Return how many requests it could run at once in its present state."""
        return 0 if now < self._throttle.paused_until else self._condition.slots(self.bears)

    def slots_granted(self, now: float) -> int:
        """Return how many requests this run may have in flight on it."""
        wanted = self.slots_wanted(now)
        return wanted if self._leased is None else min(wanted, self._leased)

    def may_answer(self, end: float) -> bool:
        """Return whether it works on a trial that began before `end`, or on what followed it.

        Its server may be slow to read a prompt and still prove that it works.
        """
        began = self._trial_began
        return self.account.running > 0 and began is not None and began < end

    # What happened to it.

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
