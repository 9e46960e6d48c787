"""What can be read of one endpoint: what it said about itself, and what its state means.

Anyone may read this. Only events change it; `endpoint_state` receives them.
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
    Service,
)
from resources.llama_server_pool.health.throttle import Throttle
from resources.llama_server_pool.policy import DEFAULT_SLOTS, DispatchPolicy
from resources.llama_server_pool.servers.client import EndpointClient, ServerFacts


class EndpointView:
    """One endpoint of the fleet, read-only.

    Args:
        config: Its configuration.
        client: Talks to its server.
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
        """Set by every event after which the endpoint must be looked at again."""
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
        self._answers = 0

    # What is known about it.

    @property
    def name(self) -> str:
        """Name of the endpoint."""
        return self.config.name

    @property
    def condition(self) -> Condition:
        """Its current state."""
        return self._condition

    @property
    def facts(self) -> ServerFacts | None:
        """What it said about itself; `None` until it was reached."""
        return self._facts

    @property
    def enforces_schema(self) -> bool | None:
        """Whether it enforces schemas; `None` until that was tried out."""
        return self._enforces_schema

    @property
    def slots(self) -> int:
        """Slots of the server, before any limit."""
        declared = self._facts.slots if self._facts else None
        return self.config.slots or declared or DEFAULT_SLOTS

    @property
    def capacity(self) -> int:
        """Requests it can run at once, as far as overloads have shown."""
        return self._capacity.of(self.slots)

    @property
    def context(self) -> int | None:
        """Context of one slot in tokens; `None` if unknown."""
        declared = self._facts.context if self._facts else None
        return self.config.context or declared

    @property
    def experienced(self) -> bool:
        """Whether its speed is known from real requests or settings, not just from a trial."""
        configured = self.config.prefill_rate is not None and self.config.decode_rate is not None
        return configured or self._answers > 0

    @property
    def last_fault(self) -> Fault | None:
        """Its most recent fault."""
        return self._last_fault

    @property
    def gone_since(self) -> float | None:
        """Since when it has answered neither requests nor health probes; `None` if it does."""
        return self._gone_since

    @property
    def leased(self) -> int | None:
        """Slots leased to this run; `None` before the first negotiation."""
        return self._leased

    # What its state means.

    @property
    def dismissed(self) -> Fault | None:
        """Why this batch does not use it; `None` if it does."""
        return self._dismissal if self._condition.admission is Admission.dismissed else None

    @property
    def tried(self) -> bool:
        """Whether the first try to reach it has ended."""
        return self._condition.contact is not Contact.unasked

    @property
    def tried_out(self) -> bool:
        """Whether it has passed a trial since its last outage."""
        return self._condition.service in TRIED_OUT

    @property
    def needs_discovery(self) -> bool:
        """Whether it must be discovered before it gets requests."""
        return self._condition.contact not in IN_TOUCH or self._condition.service is Service.open

    @property
    def has_said_all(self) -> bool:
        """Whether it has named its model, or cannot be asked for it now."""
        named = self._facts is None or self._facts.model is not None or self.tried_out
        silent = self.dismissed is not None or self._condition.contact is Contact.loading
        return self.tried and (named or silent or self._condition.service not in TRUSTED)

    @property
    def rests_until(self) -> float:
        """When its pause ends, in seconds; a past time if it is not pausing."""
        if self._condition.service is Service.open:
            return max(self._breaker.retry_at, self._throttle.paused_until)
        return self._throttle.paused_until

    def needs_trial(self, *, needs_schema: bool) -> bool:
        """Return whether it must pass a trial before it gets requests."""
        return not self.tried_out or (needs_schema and self._enforces_schema is None)

    def shown_state(self, now: float, *, needs_schema: bool) -> str:
        """Return its state in a word or two for people: ready, or why it gets no requests."""
        fault = self._last_fault.kind if self._last_fault else ""
        if self._condition.admission is Admission.dismissed:
            return f"left out: {fault}"
        if self._condition.contact is Contact.loading:
            return "loading"
        if self._condition.service is Service.open:
            return f"out: {fault}"
        if now < self._throttle.paused_until:
            return "throttled"
        if self._condition.contact not in IN_TOUCH:
            return "connecting"
        if self.needs_trial(needs_schema=needs_schema):
            return "on trial"
        return "ready" if self.slots_granted(now) else "used by others"

    def quiet(self, now: float) -> bool:
        """Return whether it has been silent for a while although it has work."""
        return self.account.running > 0 and now - self._heard >= self._policy.quiet_seconds

    def serving(self, now: float) -> bool:
        """Return whether it takes requests and is trusted to answer them."""
        return self._condition.service in TRUSTED and self.slots_wanted(now) > 0

    def slots_wanted(self, now: float) -> int:
        """Return how many requests it could run at once in its current state."""
        return 0 if now < self._throttle.paused_until else self._condition.slots(self.capacity)

    def slots_granted(self, now: float) -> int:
        """Return how many requests this run may have in flight on it."""
        wanted = self.slots_wanted(now)
        return wanted if self._leased is None else min(wanted, self._leased)

    def may_answer(self, end: float) -> bool:
        """Return whether it is still at work on a trial begun before `end`, or on what followed.

        Its server may be slow to read a prompt and still prove that it works.
        """
        began = self._trial_began
        return self.account.running > 0 and began is not None and began < end
