"""How long answers will be: the length distribution of each kind of work, learned from answers.

Lengths are modelled as lognormal, cut at `max_tokens`. Where the caller expects a length, the ratio
of the actual to the expected length is modelled instead. A running answer is longer than what it
has produced so far: with a heavy tail, the expected rest grows the longer it runs.
"""

from __future__ import annotations

import math

from resources.llama_server_pool.scheduling.values import QueuedRequest

UNHINTED_SIGMA = 0.6
"""Prior spread of the logarithm of answer lengths."""
_HINTED_SIGMA = 0.3
MEDIAN_SHARE = 0.35
"""Prior median answer, as a share of `max_tokens`."""
_MEAN_WEIGHT = 1.0
"""Weight of the prior median, in observations."""
_SPREAD_WEIGHT = 8.0
"""Weight of the prior spread, in observations."""
_MEMORY = 400
"""Older observations fade once a family has this many of them."""
_LEAST_SIGMA = 0.02
_ROOT_HALF = math.sqrt(0.5)

Family = tuple[str, int, bool]


def family_of(request: QueuedRequest) -> Family:
    """Return the kind of work whose lengths a request shares."""
    return (request.family, request.max_tokens, request.expected_tokens is not None)


def _upper(x: float) -> float:
    """Return the probability that a standard normal variable exceeds `x`."""
    return 0.5 * math.erfc(x * _ROOT_HALF)


class _LogNormal:
    """Running mean and spread of log-lengths, with a prior."""

    __slots__ = ("_count", "_mean", "_spread", "mu", "sigma")

    def __init__(self, mu: float, sigma: float) -> None:
        self._count, self._mean = _MEAN_WEIGHT, mu
        self._spread = sigma * sigma * _SPREAD_WEIGHT
        self.mu, self.sigma = mu, sigma

    def observe(self, log: float) -> None:
        """Learn one log-length (Welford's update, with fading memory)."""
        fade = min(1.0, _MEMORY / (self._count + 1))
        self._count = self._count * fade + 1.0
        error = log - self._mean
        self._mean += error / self._count
        self._spread = self._spread * fade + error * (log - self._mean)
        self.mu = self._mean
        degrees = self._count - _MEAN_WEIGHT + _SPREAD_WEIGHT * fade
        self.sigma = max(_LEAST_SIGMA, math.sqrt(self._spread / degrees))

    def mean_above(self, floor: float, ceiling: float) -> float:
        """Return the expected value of min(X, ceiling) given X > floor; `floor` may be 0."""
        if floor >= ceiling:
            return ceiling
        mu, sigma = self.mu, self.sigma
        top = (math.log(ceiling) - mu) / sigma
        low = (math.log(floor) - mu) / sigma if floor > 0 else -math.inf
        survivors = _upper(low)
        if survivors < 1e-9:
            return min(ceiling, floor * (1.0 + sigma * sigma))
        inside = math.exp(mu + 0.5 * sigma * sigma) * (_upper(low - sigma) - _upper(top - sigma))
        return max(floor, (inside + ceiling * _upper(top)) / survivors)


class LengthModel:
    """Expected answer lengths per family of requests."""

    def __init__(self) -> None:
        self._families: dict[Family, _LogNormal] = {}
        self._means: dict[Family, float] = {}

    def _model(self, family: Family) -> _LogNormal:
        model = self._families.get(family)
        if model is None:
            if family[2]:
                model = _LogNormal(0.0, _HINTED_SIGMA)
            else:
                model = _LogNormal(math.log(max(1.0, MEDIAN_SHARE * family[1])), UNHINTED_SIGMA)
            self._families[family] = model
        return model

    def observe(self, request: QueuedRequest, tokens: int) -> None:
        """Learn that the answer to a request had this many tokens."""
        if tokens <= 0:
            return
        scale = max(1.0, request.expected_tokens) if request.expected_tokens is not None else 1.0
        family = family_of(request)
        self._model(family).observe(math.log(tokens / scale))
        self._means.pop(family, None)

    def mean(self, family: Family) -> float:
        """Return the expected length in a family, or its ratio to the callers' expectation."""
        mean = self._means.get(family)
        if mean is None:
            ceiling = math.inf if family[2] else float(max(1, family[1]))
            model = self._model(family)
            if ceiling == math.inf:
                mean = math.exp(model.mu + 0.5 * model.sigma * model.sigma)
            else:
                mean = model.mean_above(0.0, ceiling)
            self._means[family] = mean
        return mean

    def expected(self, request: QueuedRequest, produced: float = 0.0) -> float:
        """Return the expected length of an answer that has `produced` tokens so far."""
        ceiling = float(max(1, request.max_tokens))
        scale = max(1.0, request.expected_tokens) if request.expected_tokens is not None else 1.0
        family = family_of(request)
        if produced <= 0:
            return min(ceiling, scale * self.mean(family))
        longer = self._model(family).mean_above(produced / scale, ceiling / scale) * scale
        return min(ceiling, max(longer, produced + 1.0))
