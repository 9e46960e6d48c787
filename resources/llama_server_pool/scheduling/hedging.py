"""Hedging: for which running request an idle slot should start a second attempt.

When nothing waits, the batch ends with its slowest attempt. An idle, faster server may overtake it
even from the start; the first answer wins. Only the request that is expected to finish last is
worth a second attempt, and only where that is expected to win clearly (LATE, Zaharia et al., OSDI
2008).
"""

from __future__ import annotations

from collections.abc import Iterable

from resources.llama_server_pool.scheduling.fleet import Attempt, EndpointLoad, OutstandingRequest
from resources.llama_server_pool.scheduling.lengths import LengthModel
from resources.llama_server_pool.scheduling.values import PolicyOptions


def hedge_candidate(
    endpoint: EndpointLoad,
    attempts: Iterable[Attempt],
    lengths: LengthModel,
    options: PolicyOptions,
    now: float,
) -> OutstandingRequest | None:
    """Return the request that an idle endpoint should hedge, or `None`.

    Args:
        endpoint: The endpoint with an idle slot.
        attempts: All running attempts.
        lengths: Expected answer lengths.
        options: How much a hedge has to gain.
        now: The time.
    """
    best: OutstandingRequest | None = None
    latest = 0.0
    for attempt in attempts:
        outstanding = attempt.outstanding
        if attempt.cancelled or len(outstanding.attempts) != 1 or attempt.endpoint is endpoint:
            continue
        if endpoint.name in outstanding.avoid or not endpoint.fits(outstanding.request):
            continue
        remaining = attempt.remaining(lengths, now)
        if remaining <= latest:
            continue
        most = min(options.hedge_gain * remaining, remaining - options.hedge_seconds)
        if endpoint.service(outstanding.request, lengths, attempt.produced(now)) < most:
            best, latest = outstanding, remaining
    return best
