"""What is known about the servers: their attempts, their speed, and when each will be done.

State and forecasts only; decisions belong to `scheduler` and `hedging`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from resources.llama_server_pool.scheduling.estimator import SpeedEstimator
from resources.llama_server_pool.scheduling.lengths import LengthModel
from resources.llama_server_pool.scheduling.values import EndpointProfile, QueuedRequest, Usage

_WINDOW_TOKENS = 16
"""Speed is measured over this many tokens ..."""
_WINDOW_SECONDS = 10.0
"""... or over this many seconds, when tokens come slower."""
_SILENT_GAPS = 3.0
"""An attempt counts as stalled after this many times its usual interval between reports."""
_LEAST_GAP = 0.5
_SHARE_GAIN = 0.2
_LEAST_UNCACHED = 16
"""Prefill speed is not learned from fewer tokens: overhead would mask it."""


@dataclass(slots=True)
class OutstandingRequest:
    """A request that is queued or running.

    Attributes:
        size: Approximate work in decode-token equivalents, for ordering.
        level: Context class: the number of distinct contexts that are too small.
        avoid: Endpoints on which an attempt failed.
        attempts: Running attempts that are not cancelled, by number.
    """

    request: QueuedRequest
    size: float
    level: int
    avoid: frozenset[str]
    attempts: dict[int, Attempt] = field(default_factory=dict[int, "Attempt"])


@dataclass(slots=True)
class Attempt:
    """One run of a request on an endpoint.

    Attributes:
        outstanding: The request with its other attempts.
        cached_share: Share of the prompt that is expected to be in the prefix cache.
        warm: Whether the affinity of the request was in the prefix cache.
        window: Time, tokens and busy slot-seconds at the start of the current speed window.
        decoding: Whether the first token has arrived.
        tokens: Tokens reported so far.
        seen: Time of the last report.
        gap: Usual time between two reports; 0 before the second.
        measured: Whether any speed window was completed.
        cancelled: Whether its answer is no longer wanted.
    """

    number: int
    outstanding: OutstandingRequest
    endpoint: EndpointLoad
    started: float
    cached_share: float
    warm: bool
    window: tuple[float, int, float] = (0.0, 0, 0.0)
    decoding: bool = False
    tokens: int = 0
    seen: float = 0.0
    gap: float = 0.0
    measured: bool = False
    cancelled: bool = False

    def progress(self, tokens: int, now: float) -> None:
        """Note the tokens decoded so far, and learn the endpoint's speed from them."""
        if not self.decoding:
            self.decoding = True
            self.window = (now, tokens, self.endpoint.busy_seconds(now))
        else:
            gap = now - self.seen
            self.gap = gap if self.gap == 0 else self.gap + _SHARE_GAIN * (gap - self.gap)
            seconds, count = now - self.window[0], tokens - self.window[1]
            if count >= _WINDOW_TOKENS or (count > 0 and seconds >= _WINDOW_SECONDS):
                self._measure(tokens, now)
        self.tokens, self.seen = tokens, now

    def _measure(self, tokens: int, now: float) -> None:
        began, base, busy = self.window
        total = self.endpoint.busy_seconds(now)
        if now > began:
            mean_busy = (total - busy) / (now - began)
            self.endpoint.speed.observe_decode(tokens - base, now - began, mean_busy)
            self.measured = True
        self.window = (now, tokens, total)

    def finish(self, usage: Usage, now: float) -> None:
        """Learn from what the completed attempt cost."""
        endpoint = self.endpoint
        uncached = usage.prompt_tokens - usage.cached_tokens
        if uncached >= _LEAST_UNCACHED:
            endpoint.speed.observe_prefill(uncached, usage.prefill_seconds)
        if usage.prompt_tokens > 0:
            endpoint.learn_cache(self.warm, usage.cached_tokens / usage.prompt_tokens)
        if not self.measured and now > self.started:
            alive = now - self.started
            mean_busy = (endpoint.busy_seconds(now) - self.window[2]) / alive
            if self.decoding and now > self.window[0]:
                mean_busy = (endpoint.busy_seconds(now) - self.window[2]) / (now - self.window[0])
            endpoint.speed.observe_decode(usage.completion_tokens, usage.decode_seconds, mean_busy)

    def produced(self, now: float) -> float:
        """Return the tokens produced by now: those reported, plus an estimate of those since."""
        if not self.decoding:
            return 0.0
        silence = now - self.seen
        if self.gap:
            silence = min(silence, self.gap)
        return self.tokens + silence * self.endpoint.speed.decode_rate(len(self.endpoint.attempts))

    def remaining(self, lengths: LengthModel, now: float, lag: float = 0.0) -> float:
        """Return the expected seconds until the answer is complete.

        A late attempt is expected to need as long again as it is late: a silent server may never
        come back.

        Args:
            lengths: Expected answer lengths.
            now: The time.
            lag: Seconds by which the client hears too late; so long a silence proves nothing.
        """
        request, speed = self.outstanding.request, self.endpoint.speed
        rate = speed.decode_rate(len(self.endpoint.attempts))
        if not self.decoding:
            prefill = request.prompt_tokens * (1.0 - self.cached_share) / speed.prefill_rate()
            late = now - self.started - prefill
            late = max(0.0, late - lag) if late > 0 else -late
            return late + lengths.expected(request) / rate
        made = self.produced(now)
        rest = (lengths.expected(request, made) - made) / rate
        limit = _SILENT_GAPS * max(self.gap, _LEAST_GAP, lag)
        silence = now - self.seen
        return rest + (silence - limit if self.gap and silence > limit else 0.0)


class EndpointLoad:
    """One server: its capacity, its learned speed and the attempts it works on."""

    def __init__(self, profile: EndpointProfile) -> None:
        self.name = profile.name
        self.slots = profile.slots
        self.context = profile.context
        self.level = 0
        self.speed = SpeedEstimator(profile.prefill_rate, profile.decode_rate)
        self.attempts: dict[int, Attempt] = {}
        self.warm: list[str] = []
        self.expected_until = float("-inf")
        self._cache_share = {True: 0.0, False: 0.0}
        self._busy_seconds, self._busy_since = 0.0, 0.0

    @property
    def idle(self) -> bool:
        """Whether a slot is free and in service."""
        return len(self.attempts) < self.slots

    def counts(self, now: float) -> bool:
        """Whether it is in service or expected to be soon."""
        return self.slots > 0 or now < self.expected_until

    @property
    def rate(self) -> float:
        """Current decode speed of one attempt; on an idle endpoint, that of the first one."""
        return self.speed.decode_rate(len(self.attempts) or 1)

    @property
    def next_rate(self) -> float:
        """Decode speed each attempt would have with one more."""
        return self.speed.decode_rate(len(self.attempts) + 1)

    def fits(self, request: QueuedRequest) -> bool:
        """Whether the context of a slot is certain to hold prompt and answer."""
        return self.context is None or request.context_needed <= self.context

    def busy_seconds(self, now: float) -> float:
        """Return the slot-seconds of work so far."""
        return self._busy_seconds + len(self.attempts) * (now - self._busy_since)

    def start(self, attempt: Attempt, now: float) -> None:
        """Put an attempt on a slot."""
        self._busy_seconds, self._busy_since = self.busy_seconds(now), now
        self.attempts[attempt.number] = attempt
        attempt.window = (now, 0, self._busy_seconds)
        attempt.seen = now
        if attempt.warm:
            self.warm.remove(attempt.outstanding.request.affinity)

    def end(self, attempt: Attempt, now: float) -> None:
        """Free the slot of an attempt; its prompt stays in the prefix cache for a while."""
        self._busy_seconds, self._busy_since = self.busy_seconds(now), now
        del self.attempts[attempt.number]
        affinity = attempt.outstanding.request.affinity
        if affinity:
            if affinity in self.warm:
                self.warm.remove(affinity)
            self.warm.insert(0, affinity)
        del self.warm[max(1, self.slots) :]

    def is_warm(self, request: QueuedRequest) -> bool:
        """Whether the prefix of a request is probably cached in an idle slot."""
        return bool(request.affinity) and request.affinity in self.warm

    def cached_share(self, warm: bool) -> float:
        """Return the share of a prompt that is expected to be in the prefix cache."""
        return self._cache_share[warm]

    def learn_cache(self, warm: bool, share: float) -> None:
        """Learn the share of a prompt that was cached."""
        self._cache_share[warm] += _SHARE_GAIN * (share - self._cache_share[warm])

    def seconds(self, prompt: float, answer: float, busy: int, warm: bool = False) -> float:
        """Return the seconds for these lengths in tokens; `busy` counts its own slot too."""
        prefill = prompt * (1.0 - self._cache_share[warm]) / self.speed.prefill_rate()
        return prefill + answer / self.speed.decode_rate(busy)

    def service(self, request: QueuedRequest, lengths: LengthModel, produced: float = 0.0) -> float:
        """Return the expected seconds of a request started now; its answer exceeds `produced`."""
        answer = lengths.expected(request, produced)
        return self.seconds(
            request.prompt_tokens, answer, len(self.attempts) + 1, self.is_warm(request)
        )
