"""How fast a server is: prefill and decode speed, learned from its past work.

There is one `SpeedEstimator` per endpoint. How long an answer will be is estimated in `lengths`.

Speeds are kept as logarithms, so that twice as fast and twice as slow are equally far away. An
observation close to the estimate moves it a little. One that is far off is an outlier, unless the
next ones are off in the same direction: then the server has changed, and the estimate jumps there.
"""

from __future__ import annotations

import math
from statistics import median

DEFAULT_PREFILL_RATE = 200.0
"""Prompt tokens per second assumed for an unknown server."""
DEFAULT_DECODE_RATE = 10.0
"""Answer tokens per second assumed for an unknown server."""

_GAIN = 0.2
"""Share of the error by which an ordinary observation moves the estimate."""
_FAR = math.log(1.5)
"""Larger errors (in log units) are outliers until confirmed."""
_CONFIRMATIONS = 3
"""This many outliers in a row on the same side show that the server has changed."""
_SHAPE_GAIN = 0.05
"""Share of the error attributed to the slow-down at one number of busy slots."""
_SHAPE_TRIALS = 3
"""This many first observations at a number of busy slots are averaged."""


class LogLevel:
    """The logarithm of a positive quantity, tracked through noise, outliers and lasting shifts.

    Args:
        start: First guess of the quantity, or `None`.
        default: What to assume until the first observation if there is no guess.
    """

    def __init__(self, start: float | None, default: float) -> None:
        self.known = start is not None
        self.log = math.log(start if start is not None else default)
        self._outliers: list[float] = []

    def observe(self, log: float) -> None:
        """Learn from one measurement, given as a logarithm."""
        if not self.known:
            self.log, self.known = log, True
            return
        error = log - self.log
        if abs(error) <= _FAR:
            self.log += _GAIN * error
            self._outliers.clear()
            return
        if self._outliers and (self._outliers[-1] > self.log) != (error > 0):
            self._outliers.clear()
        self._outliers.append(log)
        if len(self._outliers) >= _CONFIRMATIONS:
            self.log = median(self._outliers)
            self._outliers.clear()


class SpeedEstimator:
    """Prefill and decode speed of one endpoint, per number of busy slots.

    The decode speed of a slot while k slots work is `level * slowdown(k)`. The slow-down lies
    between 1/k (the slots share one speed) and 1 (slots do not slow each other down). For a k never
    observed, it is interpolated in seconds per token, which grow about linearly with k.

    Args:
        prefill_rate: Configured prompt tokens per second, or `None`.
        decode_rate: Configured answer tokens per second of one slot alone, or `None`.
    """

    def __init__(self, prefill_rate: float | None, decode_rate: float | None) -> None:
        self._prefill = LogLevel(prefill_rate, DEFAULT_PREFILL_RATE)
        self._prefill_rate = math.exp(self._prefill.log)
        self._level = LogLevel(decode_rate, DEFAULT_DECODE_RATE)
        self._slowdown: dict[int, float] = {1: 0.0}
        self._seen: dict[int, int] = {1: _SHAPE_TRIALS}
        self._rates: dict[int, float] = {}

    @property
    def known(self) -> bool:
        """Whether the decode speed is configured or has been observed."""
        return self._level.known

    def prefill_rate(self) -> float:
        """Prompt tokens per second."""
        return self._prefill_rate

    def decode_rate(self, busy: int) -> float:
        """Answer tokens per second of one slot while `busy` slots work, itself included."""
        try:
            return self._rates[busy]
        except KeyError:
            rate = math.exp(self._level.log + self._log_slowdown(max(1, busy)))
            self._rates[busy] = rate
            return rate

    def observe_prefill(self, tokens: int, seconds: float) -> None:
        """Learn from `tokens` uncached prompt tokens read in `seconds`."""
        if tokens > 0 and seconds > 0:
            self._prefill.observe(math.log(tokens / seconds))
            self._prefill_rate = math.exp(self._prefill.log)

    def observe_decode(self, tokens: float, seconds: float, busy: float) -> None:
        """Learn from `tokens` decoded in `seconds` by one slot while `busy` worked on average."""
        if tokens <= 0 or seconds <= 0:
            return
        count, log = max(1, round(busy)), math.log(tokens / seconds)
        shape = self._log_slowdown(count)
        seen = self._seen.get(count, 0)
        if self._level.known:
            error = log - self._level.log - shape
            gain = 1.0 / (seen + 1) if seen < _SHAPE_TRIALS else _SHAPE_GAIN
            if count > 1 and (seen < _SHAPE_TRIALS or abs(error) <= _FAR):
                shape = min(0.0, max(-math.log(count), shape + gain * error))
                self._slowdown[count] = shape
            self._seen[count] = seen + 1
        if seen >= _SHAPE_TRIALS or not self._level.known or self._beyond(count, log):
            self._level.observe(log - shape)
        self._rates.clear()

    def _beyond(self, count: int, log: float) -> bool:
        """Whether no plausible slow-down explains a speed: the server itself must have changed."""
        explained = log - self._level.log
        return explained > _FAR or explained < -math.log(count) - _FAR

    def _log_slowdown(self, busy: int) -> float:
        """Return the logarithm of the slow-down at `busy` slots: known, inter- or extrapolated."""
        known = self._slowdown.get(busy)
        if known is not None:
            return known
        below = max(count for count in self._slowdown if count < busy)
        above = min((count for count in self._slowdown if count > busy), default=None)
        seconds_below = math.exp(-self._slowdown[below])
        if above is not None:
            slope = (math.exp(-self._slowdown[above]) - seconds_below) / (above - below)
        elif below > 1:
            slope = (seconds_below - 1.0) / (below - 1)
        else:
            slope = 0.0
        seconds = seconds_below + slope * (busy - below)
        return -math.log(min(float(busy), max(1.0, seconds)))
