"""What the pool tells its caller: the result of a batch, its cost, and who answers.

Plain values; they are filled in by `health` and `dispatch`.
"""

from __future__ import annotations

from dataclasses import dataclass

from resources.generation import Outcome


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


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch.

    Attributes:
        outcomes: The answer or the failure of every request, by subject.
        report: What it cost.
    """

    outcomes: dict[str, Outcome]
    report: BatchReport


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """Who answers at an endpoint, and how fast.

    Attributes:
        name: Name of the endpoint.
        url: Its address.
        kind: Its hardware: gpu, arm or cpu.
        answers: Whether it generated a few tokens just now.
        dialect: The server software, where known.
        model: The model it serves, where known.
        slots: Requests it serves at once, where known.
        context: Context of one slot in tokens, where known.
        tokens_per_second: Decode speed of one short answer, or `None`.
        fault: Why it does not answer; empty when it does.
    """

    name: str
    url: str
    kind: str
    answers: bool
    dialect: str = ""
    model: str = ""
    slots: int | None = None
    context: int | None = None
    tokens_per_second: float | None = None
    fault: str = ""
