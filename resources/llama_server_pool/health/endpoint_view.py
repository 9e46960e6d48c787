"""What can be read of one endpoint: what it has said, and what its present state means.

Everybody may read this. It is changed by events only, which `endpoint_state` takes.
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
    """One endpoint of the fleet, to read.

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
        self._answers = 0

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
