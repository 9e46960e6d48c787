"""What the pool reports: the result of a batch, its cost, and the state of endpoints.

Plain values; `health` and `dispatch` fill them in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from resources.generation import Outcome


@dataclass(frozen=True, slots=True)
class EndpointReport:
    """What one endpoint did for one batch.

    Attributes:
        kind: Hardware: gpu, arm or cpu.
        requests: Number of its answers that were used.
        prompt_tokens: Prompt tokens of those answers.
        cached_tokens: How many of these came from its prefix cache.
        completion_tokens: Tokens of those answers.
        hedged_tokens: Tokens of attempts made redundant by another attempt of the same request.
        lost_tokens: Tokens of failed attempts.
        seconds_busy: Time with at least one request running.
        tokens_per_second: Answer tokens per busy second, over all slots.
        tokens_per_second_by_load: Decode speed of one slot, by the number of busy slots.
        faults: Number of faults by kind.
        watt_hours: Energy: configured watts times busy time.
        accepted: Answers, hedges included, that the caller found usable.
        rejected: Answers that it did not, by its reason; empty if it gave none.
        thoughtful: Answers with thoughts, which were taken apart.
        trimmed: Answers with template tokens at their end, which were cut off.
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
    accepted: int = 0
    rejected: dict[str, int] = field(default_factory=dict[str, int])
    thoughtful: int = 0
    trimmed: int = 0

    @property
    def usable_share(self) -> float | None:
        """Share of its answers that were usable; `None` if none was judged."""
        judged = self.accepted + sum(self.rejected.values())
        return self.accepted / judged if judged else None


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a batch cost.

    Attributes:
        endpoints: One report per endpoint, in configuration order.
        seconds: Wall time of the batch.
        from_ledger: Number of subjects answered from the ledger, at no cost.
        generated: Number of subjects answered by this batch.
        failed: Number of subjects given up.
        content_retries: Number of further attempts because an answer was not accepted.
    """

    endpoints: tuple[EndpointReport, ...]
    seconds: float
    from_ledger: int
    generated: int
    failed: int
    content_retries: int

    @property
    def requests(self) -> int:
        """Number of answers used, over all endpoints."""
        return sum(row.requests for row in self.endpoints)

    @property
    def prompt_tokens(self) -> int:
        """Prompt tokens of the answers used, over all endpoints."""
        return sum(row.prompt_tokens for row in self.endpoints)

    @property
    def cached_tokens(self) -> int:
        """Prompt tokens that came from prefix caches."""
        return sum(row.cached_tokens for row in self.endpoints)

    @property
    def completion_tokens(self) -> int:
        """Tokens of the answers used, over all endpoints."""
        return sum(row.completion_tokens for row in self.endpoints)

    @property
    def hedged_tokens(self) -> int:
        """Tokens of attempts made redundant by another attempt."""
        return sum(row.hedged_tokens for row in self.endpoints)

    @property
    def watt_hours(self) -> float:
        """Energy over all endpoints."""
        return sum(row.watt_hours for row in self.endpoints)

    @property
    def tokens_per_second(self) -> float:
        """Answer tokens per second of wall time, over all endpoints."""
        return self.completion_tokens / self.seconds if self.seconds > 0 else 0.0


def together(reports: Sequence[BatchReport]) -> BatchReport:
    """Return what batches, at least one, that ran one after the other cost together."""
    by_name: dict[str, EndpointReport] = {}
    for one in (endpoint for report in reports for endpoint in report.endpoints):
        by_name[one.name] = _both(by_name[one.name], one) if one.name in by_name else one
    return BatchReport(
        endpoints=tuple(by_name.values()),
        seconds=sum(one.seconds for one in reports),
        from_ledger=sum(one.from_ledger for one in reports),
        generated=sum(one.generated for one in reports),
        failed=sum(one.failed for one in reports),
        content_retries=sum(one.content_retries for one in reports),
    )


def _both(first: EndpointReport, then: EndpointReport) -> EndpointReport:
    """Return what one endpoint did for two batches; a newer speed replaces an older one."""
    busy = first.seconds_busy + then.seconds_busy
    tokens = first.completion_tokens + then.completion_tokens
    return replace(
        then,
        requests=first.requests + then.requests,
        prompt_tokens=first.prompt_tokens + then.prompt_tokens,
        cached_tokens=first.cached_tokens + then.cached_tokens,
        completion_tokens=tokens,
        hedged_tokens=first.hedged_tokens + then.hedged_tokens,
        lost_tokens=first.lost_tokens + then.lost_tokens,
        seconds_busy=busy,
        tokens_per_second=tokens / busy if busy else 0.0,
        tokens_per_second_by_load={
            **first.tokens_per_second_by_load,
            **then.tokens_per_second_by_load,
        },
        faults=dict(Counter(first.faults) + Counter(then.faults)),
        watt_hours=first.watt_hours + then.watt_hours,
        accepted=first.accepted + then.accepted,
        rejected=dict(Counter(first.rejected) + Counter(then.rejected)),
        thoughtful=first.thoughtful + then.thoughtful,
        trimmed=first.trimmed + then.trimmed,
    )


@dataclass(frozen=True)
class BatchResult:
    """The result of a batch.

    Attributes:
        outcomes: The answer or failure of every request, by subject.
        report: What the batch cost.
    """

    outcomes: dict[str, Outcome]
    report: BatchReport


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """What an endpoint serves, and how fast it answers.

    Attributes:
        kind: Hardware: gpu, arm or cpu.
        answers: Whether it just generated a few tokens.
        dialect: The server software; empty if unknown.
        model: The model it serves; empty if unknown.
        slots: Number of parallel requests; `None` if unknown.
        context: Context of one slot in tokens; `None` if unknown.
        tokens_per_second: Decode speed of one short answer; `None` if it does not answer.
        fault: Why it does not answer; empty if it does.
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
