"""What a batch cost, per endpoint: requests, tokens, seconds, faults and energy.

`EndpointAccount` is counted up while the batch runs; `BatchReport` is what the caller gets. Nothing
here decides anything.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from resources.llama_server_pool.endpoint import EndpointConfig

if TYPE_CHECKING:
    from resources.llama_server_pool.client import Completion


@dataclass(frozen=True, slots=True)
class EndpointReport:
    """What one endpoint did for one batch.

    Attributes:
        name: Name of the endpoint.
        kind: Its hardware: gpu, arm or cpu.
        requests: Answers it gave that were used.
        prompt_tokens: Prompt tokens of those answers.
        cached_tokens: Those of them taken from its prefix cache.
        completion_tokens: Tokens of those answers.
        hedged_tokens: Tokens it generated for copies that another copy made superfluous.
        lost_tokens: Tokens it generated for copies that failed.
        seconds_busy: Time during which it worked on at least one request.
        tokens_per_second: Answer tokens per busy second, all slots together.
        tokens_per_second_by_load: Decode speed of one slot while so many slots were busy.
        faults: Number of faults by kind.
        watt_hours: Energy: the configured watts times the busy time.
    """

    name: str
    kind: str
    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    hedged_tokens: int
    lost_tokens: int
    seconds_busy: float
    tokens_per_second: float
    tokens_per_second_by_load: dict[int, float]
    faults: dict[str, int]
    watt_hours: float


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a batch cost.

    Attributes:
        endpoints: One row per endpoint, in the order of the configuration.
        seconds: Wall time of the batch.
        from_ledger: Subjects whose outcome was known before and cost nothing.
        generated: Subjects answered now.
        failed: Subjects set aside.
        content_retries: Further attempts made because an answer could not be accepted.
    """

    endpoints: tuple[EndpointReport, ...]
    seconds: float
    from_ledger: int
    generated: int
    failed: int
    content_retries: int

    @property
    def requests(self) -> int:
        """Answers used, over all endpoints."""
        return sum(row.requests for row in self.endpoints)

    @property
    def prompt_tokens(self) -> int:
        """Prompt tokens of the answers used."""
        return sum(row.prompt_tokens for row in self.endpoints)

    @property
    def cached_tokens(self) -> int:
        """Prompt tokens taken from prefix caches."""
        return sum(row.cached_tokens for row in self.endpoints)

    @property
    def completion_tokens(self) -> int:
        """Tokens of the answers used."""
        return sum(row.completion_tokens for row in self.endpoints)

    @property
    def hedged_tokens(self) -> int:
        """Tokens generated for superfluous copies."""
        return sum(row.hedged_tokens for row in self.endpoints)

    @property
    def watt_hours(self) -> float:
        """Energy over all endpoints."""
        return sum(row.watt_hours for row in self.endpoints)

    @property
    def tokens_per_second(self) -> float:
        """Answer tokens per second of wall time, over all endpoints."""
        return self.completion_tokens / self.seconds if self.seconds > 0 else 0.0


@dataclass(slots=True)
class EndpointAccount:
    """The running count of one endpoint in one batch."""

    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    hedged_tokens: int = 0
    lost_tokens: int = 0
    faults: Counter[str] = field(default_factory=Counter[str])
    running: int = 0
    _busy: float = 0.0
    _slot_seconds: float = 0.0
    _counted: float = 0.0
    _decoded: Counter[int] = field(default_factory=Counter[int])
    _decode_seconds: dict[int, float] = field(default_factory=dict[int, float])

    def start(self, now: float) -> float:
        """A copy was sent; returns the slot-seconds until now."""
        self._count(now)
        self.running += 1
        return self._slot_seconds

    def end(self, now: float) -> None:
        """A copy ended, in whatever way."""
        self._count(now)
        self.running -= 1

    def slot_seconds(self, now: float) -> float:
        """Return the sum of the times its slots were busy, in seconds."""
        self._count(now)
        return self._slot_seconds

    def _count(self, now: float) -> None:
        passed = now - self._counted
        self._slot_seconds += self.running * passed
        self._busy += passed if self.running else 0.0
        self._counted = now

    def answer(self, completion: Completion, load: float) -> None:
        """An answer was used; `load` slots were busy on average while it was generated."""
        generation = completion.generation
        self.requests += 1
        self.prompt_tokens += generation.prompt_tokens
        self.cached_tokens += generation.cached_tokens
        self.completion_tokens += generation.completion_tokens
        slots = max(1, round(load))
        self._decoded[slots] += generation.completion_tokens
        spent = self._decode_seconds.get(slots, 0.0)
        self._decode_seconds[slots] = spent + completion.decode_seconds

    def report(self, config: EndpointConfig, now: float) -> EndpointReport:
        """Return the count as it stands."""
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
        )
