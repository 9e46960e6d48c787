"""Hedging: for which running request an idle slot should start a second attempt.

When nothing waits, the batch ends with its slowest attempt. An idle, faster server may overtake it
even from the start; the first answer wins. Only the request that is expected to finish last is
worth a second attempt, and only where that is expected to win clearly (LATE, Zaharia et al., OSDI
2008).

A busy client hears late how far its servers are, and then every server looks late. So a hedge has
to win by more than that delay, and a server that never worked yet is not called slow. What remains
is bounded: see `SpareBudget`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from resources.llama_server_pool.scheduling.fleet import Attempt, EndpointLoad, OutstandingRequest
from resources.llama_server_pool.scheduling.lengths import LengthModel
from resources.llama_server_pool.scheduling.values import PolicyOptions

CLEARLY_FASTER: Final = 2.0
"""A server so many times as fast overtakes by its speed; no doubt about progress is involved."""
SPARE_SHARE: Final = 0.02
"""Share of the requests that may be hedged on a server that is not clearly faster."""
LEAST_SPARES: Final = 4
"""So many may be hedged in a batch of any size."""


@dataclass(slots=True)
class SpareBudget:
    """How many hedges between servers of similar speed a batch may still lose.

    Such a hedge bets that a server is stuck. A won bet is paid back: it proves that the server was.

    Attributes:
        requests: Number of requests of the batch so far.
        open: The attempts that were paid for and have not won, by number.
    """

    requests: int = 0
    open: set[int] = field(default_factory=set[int])

    @property
    def left(self) -> bool:
        """Whether another one may start."""
        return len(self.open) < max(LEAST_SPARES, int(SPARE_SHARE * self.requests))

    def pay(self, attempt: int) -> None:
        """Note that a hedge started."""
        self.open.add(attempt)

    def won(self, attempt: int) -> None:
        """Note that an attempt answered its request; it need not be a hedge."""
        self.open.discard(attempt)


def is_clearly_faster(endpoint: EndpointLoad, attempt: Attempt) -> bool:
    """Whether an idle endpoint overtakes a running attempt by its speed alone."""
    return endpoint.next_rate >= CLEARLY_FASTER * attempt.endpoint.rate


class _Straggler(NamedTuple):
    """A running attempt that could be overtaken.

    Attributes:
        remaining: Seconds it is expected to need.
        most: Seconds that a hedge may take at most.
        pace: Answer tokens per second that a hedge needs at least.
        answer: Expected length of the answer in tokens.
    """

    remaining: float
    most: float
    pace: float
    answer: float
    attempt: Attempt


class Stragglers:
    """The running attempts that are worth a hedge at one moment, the last one to finish first.

    Args:
        attempts: All running attempts.
        fastest: Tokens per second of the fastest endpoint in service.
        lengths: Expected answer lengths.
        options: How much a hedge has to gain.
        lag: Seconds by which the client hears too late of tokens and answers.
        now: The time.
    """

    def __init__(
        self,
        attempts: Iterable[Attempt],
        fastest: float,
        lengths: LengthModel,
        options: PolicyOptions,
        lag: float,
        now: float,
    ) -> None:
        self._found: list[_Straggler] = []
        for attempt in attempts:
            if attempt.cancelled or not attempt.endpoint.speed.known:
                continue
            remaining = attempt.remaining(lengths, now, lag)
            most = min(
                options.hedge_gain * remaining, remaining - options.hedge_seconds, remaining - lag
            )
            answer = lengths.expected(attempt.outstanding.request, attempt.produced(now))
            if most > 0 and answer < most * fastest:
                self._found.append(_Straggler(remaining, most, answer / most, answer, attempt))
        self._found.sort(key=lambda one: -one.remaining)

    def worth(self, endpoint: EndpointLoad, budget: SpareBudget) -> OutstandingRequest | None:
        """Return the request that an idle endpoint should hedge, or `None`."""
        if not endpoint.speed.known:
            return None
        rate = endpoint.next_rate
        for _, most, pace, answer, attempt in self._found:
            outstanding = attempt.outstanding
            if pace >= rate or len(outstanding.attempts) != 1 or attempt.endpoint is endpoint:
                continue
            request = outstanding.request
            if endpoint.name in outstanding.avoid or not endpoint.fits(request):
                continue
            if not (budget.left or is_clearly_faster(endpoint, attempt)):
                continue
            busy, warm = len(endpoint.attempts) + 1, endpoint.is_warm(request)
            if endpoint.seconds(request.prompt_tokens, answer, busy, warm) < most:
                return outstanding
        return None
