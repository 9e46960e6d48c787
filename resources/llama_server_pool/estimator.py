"""How fast a server is: prefill and decode speed, learned from what it did.

One `SpeedEstimator` per endpoint. How long an answer will be is the business of `lengths`, and
what to do with either that of `scheduler`.

Speeds are kept as logarithms, so that twice as fast and twice as slow are equally far away. An
observation close to the estimate moves it a little; one that is far off is an outlier, unless the
next ones are off in the same direction: then the server has changed and the estimate jumps to it.
"""

from __future__ import annotations

import math
from statistics import median

DEFAULT_PREFILL_RATE = 200.0
"""Prompt tokens per second of a server nobody knows anything about."""
DEFAULT_DECODE_RATE = 10.0
"""Answer tokens per second of a server nobody knows anything about."""

_GAIN = 0.2
_FAR = math.log(1.5)
_CONFIRMATIONS = 3


class LogLevel:
    """A positive quantity, tracked through noise, outliers and lasting shifts.

    Args:
        start: First guess.
        known: Whether the guess deserves trust; otherwise the first observation replaces it.
    """

    def __init__(self, start: float, *, known: bool) -> None:
        self._log = math.log(start)
        self.known = known
        self._odd: list[float] = []

    @property
    def value(self) -> float:
        """The present estimate."""
        return math.exp(self._log)

    def observe(self, value: float) -> None:
        """Learn from one measurement; values that are not positive are ignored."""
        if value <= 0 or not math.isfinite(value):
            return
        log = math.log(value)
        if not self.known:
            self._log, self.known = log, True
            return
        error = log - self._log
        if abs(error) <= _FAR:
            self._log += _GAIN * error
            self._odd.clear()
            return
        if self._odd and (self._odd[-1] > self._log) != (error > 0):
            self._odd.clear()
        self._odd.append(log)
        if len(self._odd) >= _CONFIRMATIONS:
            self._log = median(self._odd)
            self._odd.clear()


class SpeedEstimator:
    """Prefill and decode speed of one endpoint, per number of busy slots.

    Args:
        prefill_rate: Configured prompt tokens per second, or `None`.
        decode_rate: Configured answer tokens per second of one slot alone, or `None`.
    """

    def __init__(self, prefill_rate: float | None, decode_rate: float | None) -> None:
        self._prefill = LogLevel(
            prefill_rate or DEFAULT_PREFILL_RATE, known=prefill_rate is not None
        )
        self._decode = LogLevel(decode_rate or DEFAULT_DECODE_RATE, known=decode_rate is not None)

    @property
    def known(self) -> bool:
        """Whether the decode speed is configured or has been seen."""
        return self._decode.known

    def prefill_rate(self) -> float:
        """Prompt tokens per second."""
        return self._prefill.value

    def decode_rate(self, busy: int) -> float:
        """Answer tokens per second of one slot while `busy` slots work."""
        return self._decode.value

    def observe_prefill(self, tokens: int, seconds: float) -> None:
        """Learn from `tokens` uncached prompt tokens read in `seconds`."""
        if tokens > 0 and seconds > 0:
            self._prefill.observe(tokens / seconds)

    def observe_decode(self, tokens: float, seconds: float, busy: float) -> None:
        """Learn from `tokens` decoded in `seconds` by one of `busy` slots on average."""
        if tokens > 0 and seconds > 0:
            self._decode.observe(tokens / seconds)
