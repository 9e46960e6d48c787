"""What one endpoint did in one batch: requests, tokens, seconds, faults and energy.

This module only counts. What the caller of a batch gets is in `reports`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from resources.generation import Verdict
from resources.llama_server_pool.endpoint import Endpoint
from resources.llama_server_pool.reports import EndpointReport

if TYPE_CHECKING:
    from resources.llama_server_pool.servers.client import Completion


@dataclass(slots=True)
class EndpointAccount:
    """The running count of one endpoint in one batch."""

    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    hedged_tokens: int = 0
    lost_tokens: int = 0
    streamed_tokens: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter[str])
    thoughtful: int = 0
    trimmed: int = 0
    running: int = 0
    _busy: float = 0.0
    _slot_seconds: float = 0.0
    _counted: float = 0.0
    _decoded: Counter[int] = field(default_factory=Counter[int])
    _decode_seconds: dict[int, float] = field(default_factory=dict[int, float])

    def start(self, now: float) -> float:
        """Note that an attempt was sent; return the slot-seconds so far."""
        self._count(now)
        self.running += 1
        return self._slot_seconds

    def end(self, now: float) -> None:
        """Note that an attempt ended, however it did."""
        self._count(now)
        self.running -= 1

    def slot_seconds(self, now: float) -> float:
        """Return the busy time of its slots, summed over the slots, in seconds."""
        self._count(now)
        return self._slot_seconds

    def _count(self, now: float) -> None:
        passed = now - self._counted
        self._slot_seconds += self.running * passed
        self._busy += passed if self.running else 0.0
        self._counted = now

    def answer(self, completion: Completion, load: float) -> None:
        """Count an answer that was used; `load` slots were busy on average during the attempt."""
        generation = completion.generation
        self.requests += 1
        self.prompt_tokens += generation.prompt_tokens
        self.cached_tokens += generation.cached_tokens
        self.completion_tokens += generation.completion_tokens
        self.thoughtful += bool(generation.reasoning)
        self.trimmed += bool(generation.cut_off)
        slots = max(1, round(load))
        self._decoded[slots] += generation.completion_tokens
        spent = self._decode_seconds.get(slots, 0.0)
        self._decode_seconds[slots] = spent + completion.decode_seconds

    def judged(self, verdict: Verdict) -> None:
        """Count the caller's verdict on an answer, whether the answer was used or not."""
        if verdict.usable:
            self.accepted += 1
        else:
            self.rejected[verdict.reason] += 1

    def report(self, config: Endpoint, now: float) -> EndpointReport:
        """Return the count so far."""
        self._count(now)
        busy = self._busy
        return EndpointReport(
            name=config.name,
            kind=config.kind.value,
            requests=self.requests,
            prompt_tokens=self.prompt_tokens,
            cached_tokens=self.cached_tokens,
            completion_tokens=self.completion_tokens,
            hedged_tokens=self.hedged_tokens,
            lost_tokens=self.lost_tokens,
            seconds_busy=busy,
            tokens_per_second=self.completion_tokens / busy if busy > 0 else 0.0,
            tokens_per_second_by_load={
                load: self._decoded[load] / seconds
                for load, seconds in sorted(self._decode_seconds.items())
                if seconds > 0
            },
            faults=dict(self.faults),
            watt_hours=config.watts * busy / 3600,
            accepted=self.accepted,
            rejected=dict(self.rejected),
            thoughtful=self.thoughtful,
            trimmed=self.trimmed,
        )
