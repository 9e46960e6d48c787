"""One endpoint as the dispatcher sees it: its state, and what a fault means for it.

What a fault means for the *request* is decided in `dispatcher`; talking to the server is `client`.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field

from resources.generation import Fault
from resources.llama_server_pool.dispatch.deadlines import Leeway
from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.health.accounting import EndpointAccount
from resources.llama_server_pool.health.breaker import BreakerState, CircuitBreaker
from resources.llama_server_pool.policy import DEFAULT_SLOTS, DispatchPolicy
from resources.llama_server_pool.servers.client import EndpointClient, ServerFacts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault

NOBODY_LISTENS = frozenset({"refused", "dns", "tls", "timeout"})
"""Faults after which no request can be expected to get through: one is enough."""
NO_SIGN_OF_LIFE = NOBODY_LISTENS | {"reset"}
"""Faults of a health probe that no server has answered."""


@dataclass
class EndpointState:
    """One endpoint of the fleet and its present state.

    Attributes:
        config: Its configuration.
        client: Speaks with it.
        policy: The dispatcher's constants.
        breaker: Whether its faults keep it out of service.
        account: What it did in the present batch.
        facts: What it said about itself, or `None` before it was reached.
        enforces_schema: Whether it holds answers to a schema; `None` before that was probed.
        tried: Whether the first attempt to reach it has ended.
        trial_began: When its last trial began, if nothing has failed since.
        tried_out: Whether it has generated a few tokens on trial since its last outage.
        proven: Whether it has shown that it works since its last outage.
        loading: Whether it is loading its model.
        suspect: Whether a fault calls for a look at its health.
        heard: When it was last heard of: a request sent, a token, a healthy probe.
        gone_since: Since when it has been silent and its health not answered, if that is so.
        leeway: How much longer than expected its first tokens are waited for.
        paused_until: Until when it asked to be left alone.
        dismissed: Why it is not used in this batch at all, or `None`.
        last_fault: Its most recent fault.
        limit: Most requests it bears at once, learned from overloads.
        leased: Slots this run may use beside other runs; `None` when nobody shares.
        changed: Set when anything of the above changes.
    """

    config: Endpoint
    client: EndpointClient
    policy: DispatchPolicy
    breaker: CircuitBreaker
    account: EndpointAccount = field(default_factory=EndpointAccount)
    facts: ServerFacts | None = None
    enforces_schema: bool | None = None
    tried: bool = False
    trial_began: float | None = None
    tried_out: bool = False
    proven: bool = False
    loading: bool = False
    suspect: bool = False
    heard: float = 0.0
    gone_since: float | None = None
    leeway: Leeway = field(default_factory=Leeway)
    paused_until: float = 0.0
    dismissed: Fault | None = None
    last_fault: Fault | None = None
    limit: int | None = None
    leased: int | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _streak: set[str] = field(default_factory=set[str])
    _throttles: int = 0
    _refusals: int = 0
    _answers: int = 0
    _answers_since_overload: int = 0

    @property
    def name(self) -> str:
        """Name of the endpoint."""
        return self.config.name

    @property
    def slots(self) -> int:
        """Slots of the server when all is well."""
        told = self.facts.slots if self.facts else None
        return self.config.slots or told or DEFAULT_SLOTS

    @property
    def bears(self) -> int:
        """Requests it bears at once, as far as overloads have shown."""
        return min(self.slots, self.limit or self.slots)

    @property
    def context(self) -> int | None:
        """Context of one slot in tokens, as far as it is known."""
        told = self.facts.context if self.facts else None
        return self.config.context or told

    @property
    def has_said_all(self) -> bool:
        """Whether it has said which model it serves, as far as it can be asked at present."""
        told = self.facts is None or self.facts.model is not None or self.tried_out
        cannot = self.dismissed is not None or self.loading or not self.proven
        return self.tried and (told or cannot or self.breaker.state is not BreakerState.closed)

    def serving(self, now: float) -> bool:
        """Return whether it takes requests and can be trusted to answer them."""
        return self.proven and self.slots_wanted(now) > 0

    @property
    def experienced(self) -> bool:
        """Whether its speed is known from real requests or the settings, not from a probe."""
        configured = self.config.prefill_rate is not None and self.config.decode_rate is not None
        return configured or self._answers > 0

    def untried(self, *, needs_schema: bool) -> bool:
        """Return whether it has to show on trial that it works before it gets requests."""
        return not self.tried_out or (needs_schema and self.enforces_schema is None)

    def quiet(self, now: float) -> bool:
        """Return whether nothing has come from it for a while although it has work."""
        return self.account.running > 0 and now - self.heard >= self.policy.quiet_seconds

    def slots_wanted(self, now: float) -> int:
        """Return how many requests it could run at once in its present state."""
        out = self.facts is None or self.loading or self.dismissed is not None
        if out or now < self.paused_until or self.breaker.state is BreakerState.open:
            return 0
        if self.breaker.state is BreakerState.half_open:
            return 1
        return self.bears

    def slots_granted(self, now: float) -> int:
        """Return how many requests this run may have in flight on it."""
        wanted = self.slots_wanted(now)
        return wanted if self.leased is None else min(wanted, self.leased)

    def may_answer(self, end: float) -> bool:
        """Return whether it works on a trial that began before `end`, or on what followed it.

        Its server may be slow to read a prompt, and will show that it is well.
        """
        began = self.trial_began
        return self.account.running > 0 and began is not None and began < end

    def passed_trial(self) -> None:
        """It has generated a few tokens: a request that fails next may itself be to blame."""
        self.tried_out = True
        self._streak.clear()

    def answered(self) -> None:
        """It gave an answer."""
        self.breaker.success()
        self._streak.clear()
        self._throttles = self._refusals = 0
        self._answers += 1
        self._answers_since_overload += 1
        if not self.proven or self.suspect:
            self.proven, self.suspect = True, False
            self.changed.set()
        recovered = self._answers_since_overload >= self.policy.recovery_successes
        if self.limit is not None and recovered:
            self.limit = self.limit + 1 if self.limit + 1 < self.slots else None
            self._answers_since_overload = 0
            self.changed.set()

    def take(self, fault: EndpointFault, job: str, now: float) -> bool:
        """Draw the consequences of a fault for this endpoint.

        Args:
            fault: What went wrong.
            job: The job that met it; empty for probes.
            now: The time.

        Returns:
            Whether the job may be to blame: the endpoint had been well until then, or only this
            job has failed there.
        """
        self.account.faults[fault.kind] += 1
        self.last_fault = Fault(self.name, fault.kind, fault.detail)
        self.changed.set()
        match fault.disposition:
            case Disposition.server:
                return self._server_fault(fault, job, now)
            case Disposition.loading:
                self.loading, self.proven = True, False
            case Disposition.throttled:
                self._throttled(fault, now)
            case Disposition.overload:
                self.limit = max(1, self.bears - 1)
                self._answers_since_overload = 0
            case Disposition.auth:
                self.dismissed = self.last_fault
            case Disposition.request:
                self._refusals += 1
                if not self._answers and self._refusals >= self.policy.misconfigured_after:
                    self.dismissed = self.last_fault
            case Disposition.schema | Disposition.context:
                pass  # about this request: whether it takes schemas at all was tried out
        return False

    def _server_fault(self, fault: EndpointFault, job: str, now: float) -> bool:
        fatal = fault.kind in NOBODY_LISTENS or not job
        self.breaker.fault(now, fatal=fatal)
        self.trial_began = None
        self.suspect = not fatal
        if self.breaker.state is BreakerState.open:
            self.proven = self.tried_out = False
        if job:  # a probe says nothing about requests
            self._streak.add(job)
        return not fatal and self._streak == {job}

    def _throttled(self, fault: EndpointFault, now: float) -> None:
        pause = min(
            self.policy.throttle_pause * 2.0**self._throttles, self.policy.throttle_pause_limit
        )
        if fault.retry_after is not None:
            # Told to come back at once, and told again: then it grows all the same.
            pause = max(fault.retry_after, pause if self._throttles else 0.0)
        self._throttles += 1
        self.paused_until = max(self.paused_until, now + pause)
        if self._throttles > 1:
            self.proven = False


def new_endpoint_state(
    config: Endpoint, client: EndpointClient, policy: DispatchPolicy, jitter: random.Random
) -> EndpointState:
    """Return the state of an endpoint that has not been reached yet."""
    return EndpointState(config, client, policy, CircuitBreaker(policy, jitter))
