"""The constants of the dispatcher, in one place: how long to wait for what, and how often.

They are not settings: their values follow from what servers do, and only tests, which cannot wait
for minutes, replace them. The constants of the scheduling policy are in `PolicyOptions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEFAULT_SLOTS: Final = 1
"""Slots of a server when neither its configuration nor the server itself states them."""


@dataclass(frozen=True, slots=True)
class DispatchPolicy:
    """How patient the dispatcher is with servers and requests; times are in seconds.

    Attributes:
        tick: Pause between two looks at running requests and at the state of the fleet.
        deadline_factor: A request may take this many times its expected time until its first
            token, and this many times the expected time of its longest answer in all.
        first_token_floor: A first token is waited for at least this long: queues and cold caches.
        unknown_prefill_rate: Prompt tokens per second assumed for the deadline of the first token
            on an endpoint nothing is known of; a single-board computer with a 13B model does more.
        prefill_per_decode: A server reads at least so many prompt tokens in the time of one answer
            token, on boards too; with its decode speed from a trial this shortens that deadline.
        stall_floor: Longest silence between two tokens.
        total_floor: Least deadline of a whole answer.
        leeway_limit: Most by which these waits are stretched after requests without any token.
        quiet_seconds: Silence of all requests of an endpoint after which its health is asked.
        probe_timeout: Longest wait for a health probe or for discovery.
        trial_timeout: Longest wait for the small completion by which an endpoint is tried out.
        breaker_threshold: Server faults in a row that open the breaker.
        breaker_pause: First pause of an open breaker.
        breaker_pause_limit: Longest pause of an open breaker.
        loading_poll: Pause between two looks at a server that loads its model.
        throttle_pause: Pause after a 429 that does not say how long.
        throttle_pause_limit: Longest such pause.
        recovery_successes: Answers in a row after which an overloaded server gets one more slot.
        set_aside_endpoints: A request that failed on so many different endpoints is set aside.
        set_aside_tries: A request that failed so often, charged to it, is set aside.
        retry_budget: Retries that may happen at once, fleet-wide, before they are spaced out.
        retry_refill: Share of a retry that each answer earns back.
        retry_jitter: Longest pause before a retry within the budget.
        retry_pause: Mean pause before a retry once the budget is spent.
        misconfigured_after: Requests refused in a row (4xx), with no answer before, after which the
            endpoint is held to be configured wrongly.
        lease_seconds: Life of a lease whose run does not renew it.
        lease_renewal: Pause between two renewals.
        lease_rotation: How long a slot that several runs cannot divide stays with one of them.
        write_seconds: While answers cannot be written down for this long, nothing new is started.
        closing_seconds: Longest wait for requests to be cancelled when a batch ends early.
    """

    tick: float = 0.25
    deadline_factor: float = 4.0
    first_token_floor: float = 20.0
    unknown_prefill_rate: float = 4.0
    prefill_per_decode: float = 2.0
    stall_floor: float = 20.0
    total_floor: float = 120.0
    leeway_limit: float = 16.0
    quiet_seconds: float = 5.0
    probe_timeout: float = 10.0
    trial_timeout: float = 120.0
    breaker_threshold: int = 3
    breaker_pause: float = 1.0
    breaker_pause_limit: float = 60.0
    loading_poll: float = 1.0
    throttle_pause: float = 2.0
    throttle_pause_limit: float = 60.0
    recovery_successes: int = 20
    set_aside_endpoints: int = 3
    set_aside_tries: int = 4
    retry_budget: float = 50.0
    retry_refill: float = 0.2
    retry_jitter: float = 0.1
    retry_pause: float = 1.0
    misconfigured_after: int = 3
    lease_seconds: float = 30.0
    lease_renewal: float = 2.0
    lease_rotation: float = 20.0
    write_seconds: float = 2.0
    closing_seconds: float = 10.0
