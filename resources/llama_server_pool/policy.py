"""The constants of the dispatcher in one place: timeouts, pauses and limits.

They are not settings: their values follow from how servers behave. Only tests replace them, because
they cannot wait for minutes. The constants of the scheduling policy are in `PolicyOptions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEFAULT_SLOTS: Final = 1
"""Slots of a server if neither its configuration nor the server itself states them."""


@dataclass(frozen=True, slots=True)
class DispatchPolicy:
    """Timeouts, pauses and limits of the dispatcher; times are in seconds.

    Attributes:
        tick: Interval at which running requests and the fleet are checked.
        deadline_factor: Deadlines of the first token and of the longest complete answer, as a
            multiple of their expected times.
        first_token_floor: Shortest deadline of a first token, for queues and cold caches.
        unknown_prefill_rate: Prompt tokens per second assumed for the first token's deadline on an
            unknown endpoint; even a single-board computer with a 13B model is faster.
        prefill_per_decode: Least number of prompt tokens that any server reads in the time of one
            answer token; with the decode speed from a trial, it shortens that deadline.
        stall_floor: Shortest timeout between two tokens.
        total_floor: Shortest deadline of a complete answer.
        leeway_limit: Largest factor by which these waits grow after requests without any token.
        quiet_seconds: Time without tokens from an endpoint after which its health is probed.
        probe_timeout: Timeout of a health probe and of discovery.
        trial_timeout: Timeout of the small completion that tries out an endpoint.
        breaker_threshold: Consecutive server faults that open the breaker.
        breaker_pause: First pause of an open breaker.
        breaker_pause_limit: Longest pause of an open breaker.
        loading_poll: Interval between probes while a server loads its model.
        throttle_pause: Pause after a 429 that names no wait.
        throttle_pause_limit: Longest pause after a 429.
        recovery_successes: Consecutive answers that give an overloaded server one more slot.
        set_aside_endpoints: Number of different endpoints a request may fail on before it is given
            up.
        set_aside_attempts: Number of failed attempts charged to a request before it is given up.
        retry_budget: Retries, over the whole fleet, that need no long pause.
        retry_refill: Fraction of a retry that each answer adds to the budget.
        retry_jitter: Longest pause before a retry within the budget.
        retry_pause: Mean pause before a retry once the budget is spent.
        misconfigured_after: Consecutive refusals (4xx), before any answer, that mark an endpoint as
            misconfigured.
        lease_seconds: Lifetime of a slot lease that is not renewed.
        lease_renewal: Interval between renewals.
        lease_rotation: How long one run keeps a slot that several runs take turns on.
        write_seconds: Duration of a ledger write after which nothing new is started.
        standstill_seconds: How long requests may wait beside idle slots while nothing runs.
        closing_seconds: Longest wait for cancelled requests when a batch ends early.
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
    set_aside_attempts: int = 4
    retry_budget: float = 50.0
    retry_refill: float = 0.2
    retry_jitter: float = 0.1
    retry_pause: float = 1.0
    misconfigured_after: int = 3
    lease_seconds: float = 30.0
    lease_renewal: float = 2.0
    lease_rotation: float = 20.0
    write_seconds: float = 2.0
    standstill_seconds: float = 30.0
    closing_seconds: float = 10.0
