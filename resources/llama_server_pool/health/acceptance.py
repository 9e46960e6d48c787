"""Which endpoints give answers that the caller can use, compared with each other. Pure.

A server may answer at once, without a single fault, and every answer may be garbage. Only the
caller can tell, by its verdicts. How many answers are usable depends on the model and on the texts
too, so no fixed share is a sign of a sick server: each endpoint is measured against its neighbours,
on the same batch.

Only answers to first attempts are compared. What is asked again is harder than the rest, and goes
to other endpoints than before, so it would make healthy ones look worse.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from math import exp, lgamma
from typing import Final, NamedTuple

WINDOW: Final = 50
"""The latest verdicts on an endpoint that count: a server may turn bad, or be mended."""
FEWEST_REJECTED: Final = 4
"""Fewer rejected answers say nothing."""
LEAST_SHARE: Final = 0.5
"""A server whose answers are mostly usable stays in service, whatever the others do."""
TIMES_AS_MANY: Final = 2.0
"""How many times the share of the neighbours is far above it."""
FALSE_ALARM: Final = 0.01
"""Probability that equal servers lead to any alarm in a batch, whatever its length."""


class _Tally(NamedTuple):
    """How many answers were judged, and how many of them were rejected."""

    judged: int = 0
    rejected: int = 0

    @property
    def share(self) -> float:
        return self.rejected / self.judged if self.judged else 0.0


class Acceptance:
    """The verdicts of one batch, by endpoint.

    An endpoint stands out if Fisher's exact test says so (one-sided: would so many of the rejected
    answers be its own if the endpoint made no difference?). It is looked at after every verdict,
    and so is each of its neighbours. Look number n may therefore raise a false alarm only with
    probability `FALSE_ALARM` / (endpoints · n · (n + 1)): summed over all looks and endpoints that
    is `FALSE_ALARM` at most.

    Args:
        endpoints: Names of all endpoints.
    """

    def __init__(self, endpoints: Iterable[str]) -> None:
        self._latest = {name: deque[bool](maxlen=WINDOW) for name in endpoints}
        self._looks = Counter[str]()

    def judged(self, endpoint: str, *, usable: bool) -> None:
        """Note the verdict on an answer to a first attempt."""
        self._latest[endpoint].append(usable)
        self._looks[endpoint] += 1

    def stands_out(self, endpoint: str) -> str:
        """Return by what an endpoint stands out, in words; empty if it does not."""
        own, rest = self._tally(endpoint), self._rest(endpoint)
        if own.rejected < FEWEST_REJECTED or own.share < LEAST_SHARE:
            return ""
        if own.share < TIMES_AS_MANY * rest.share:
            return ""
        looks = self._looks[endpoint]
        if _by_chance(own, rest) > FALSE_ALARM / (len(self._latest) * looks * (looks + 1)):
            return ""
        return (
            f"{own.rejected} of its last {own.judged} answers were not usable, "
            f"{rest.rejected} of {rest.judged} elsewhere"
        )

    def is_doubtful(self, endpoint: str) -> bool:
        """Return whether an endpoint gave no usable answer and too little is known of the others.

        A fast server would otherwise have answered a whole batch before there is anything to
        compare it with.
        """
        own, rest = self._tally(endpoint), self._rest(endpoint)
        useless = own.rejected == own.judged >= FEWEST_REJECTED
        return useless and rest.judged < own.judged

    def _tally(self, endpoint: str) -> _Tally:
        latest = self._latest[endpoint]
        return _Tally(len(latest), len(latest) - sum(latest))

    def _rest(self, endpoint: str) -> _Tally:
        others = [self._tally(name) for name in self._latest if name != endpoint]
        return _Tally(sum(one.judged for one in others), sum(one.rejected for one in others))


def _by_chance(own: _Tally, rest: _Tally) -> float:
    """Return the probability of so many own rejections or more, given those of all together.

    The upper tail of the hypergeometric distribution (Fisher, 1935).
    """
    judged, rejected = own.judged + rest.judged, own.rejected + rest.rejected
    whole = _log_choose(judged, own.judged)
    return sum(
        exp(
            _log_choose(rejected, count)
            + _log_choose(judged - rejected, own.judged - count)
            - whole
        )
        for count in range(own.rejected, min(own.judged, rejected) + 1)
    )


def _log_choose(of: int, some: int) -> float:
    return lgamma(of + 1) - lgamma(some + 1) - lgamma(of - some + 1)
