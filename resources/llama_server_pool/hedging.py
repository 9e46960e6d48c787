"""Second copies: which running job an idle slot should run again.

When nothing waits, the end of the batch is the end of its slowest copy. A faster server that is
idle may overtake it, even from the start; the first answer wins. Only the job expected to finish
last is worth a second copy, and only where the copy is expected to win clearly (LATE, Zaharia et
al., OSDI 2008).
"""

from __future__ import annotations

from collections.abc import Iterable

from resources.llama_server_pool.fleet import Copy, Endpoint, Entry
from resources.llama_server_pool.jobs import PolicyOptions
from resources.llama_server_pool.lengths import LengthModel


def hedge_candidate(
    endpoint: Endpoint,
    copies: Iterable[Copy],
    lengths: LengthModel,
    options: PolicyOptions,
    now: float,
) -> Entry | None:
    """The job an idle endpoint should run a second time, or `None`.

    Args:
        endpoint: Endpoint with an idle slot.
        copies: All running copies.
        lengths: Expected answer lengths.
        options: How much a second copy has to gain.
        now: The time.
    """
    best: Entry | None = None
    latest = 0.0
    for copy in copies:
        entry = copy.entry
        if copy.cancelled or len(entry.copies) != 1 or copy.endpoint is endpoint:
            continue
        if endpoint.name in entry.avoid or not endpoint.fits(entry.job):
            continue
        remaining = copy.remaining(lengths, now)
        if remaining <= latest:
            continue
        most = min(options.hedge_gain * remaining, remaining - options.hedge_seconds)
        if endpoint.service(entry.job, lengths, copy.produced(now)) < most:
            best, latest = entry, remaining
    return best
