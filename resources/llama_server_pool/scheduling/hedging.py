"""Second attempts: which running job an idle slot should run again.

When nothing waits, the end of the batch is the end of its slowest attempt. A faster server that is
idle may overtake it, even from the start; the first answer wins. Only the job expected to finish
last is worth a second attempt, and only where it is expected to win clearly (LATE, Zaharia et al.,
OSDI 2008).
"""

from __future__ import annotations

from collections.abc import Iterable

from resources.llama_server_pool.scheduling.fleet import Attempt, EndpointLoad, Entry
from resources.llama_server_pool.scheduling.lengths import LengthModel
from resources.llama_server_pool.scheduling.values import PolicyOptions


def hedge_candidate(
    endpoint: EndpointLoad,
    attempts: Iterable[Attempt],
    lengths: LengthModel,
    options: PolicyOptions,
    now: float,
) -> Entry | None:
    """The job an idle endpoint should run a second time, or `None`.

    Args:
        endpoint: EndpointLoad with an idle slot.
        attempts: All running attempts.
        lengths: Expected answer lengths.
        options: How much a second attempt has to gain.
        now: The time.
    """
    best: Entry | None = None
    latest = 0.0
    for attempt in attempts:
        entry = attempt.entry
        if attempt.cancelled or len(entry.attempts) != 1 or attempt.endpoint is endpoint:
            continue
        if endpoint.name in entry.avoid or not endpoint.fits(entry.job):
            continue
        remaining = attempt.remaining(lengths, now)
        if remaining <= latest:
            continue
        most = min(options.hedge_gain * remaining, remaining - options.hedge_seconds)
        if endpoint.service(entry.job, lengths, attempt.produced(now)) < most:
            best, latest = entry, remaining
    return best
