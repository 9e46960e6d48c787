"""A batch as its caller orders it: the requests, and which answers it accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from resources.generation import (
    Generation,
    GenerationRequest,
    Judge,
    NextAttempt,
    Verdict,
    next_attempt,
)

CUT_OFF = "length"
"""Finish reason of an answer that was cut off at its maximum length; such an answer is not used."""


@dataclass(frozen=True)
class BatchOrder:
    """The order for one batch.

    Attributes:
        requests: What to generate; subjects are unique.
        accept: Says whether an answer is usable; `None` accepts all.
        attempts: Content attempts per request.
        outage_timeout: Seconds to wait for an endpoint to come back when none is left.
        granted: Content attempts of the subjects that were granted more than `attempts`.
        ask_again: Makes the next content attempt; by default with other sampling.
        may_return: Raises if lost servers cannot come back; called during an outage.
    """

    requests: Sequence[GenerationRequest]
    accept: Judge | None
    attempts: int
    outage_timeout: float
    granted: Mapping[str, int] = field(default_factory=dict[str, int])
    ask_again: NextAttempt | None = None
    may_return: Callable[[], None] = lambda: None
    _verdicts: dict[Generation, Verdict] = field(
        default_factory=dict[Generation, Verdict], init=False, repr=False, compare=False
    )

    @property
    def needs_schema(self) -> bool:
        """Whether any request carries a JSON schema."""
        return any(request.json_schema is not None for request in self.requests)

    def is_last(self, request: GenerationRequest) -> bool:
        """Whether a request may take no further content attempt."""
        return request.attempt >= max(self.attempts, self.granted.get(request.subject, 0))

    def next_attempt(self, request: GenerationRequest, answer: Generation) -> GenerationRequest:
        """Return the content attempt that follows an unusable answer; it goes elsewhere first."""
        again = next_attempt(request) if self.ask_again is None else self.ask_again(request, answer)
        return replace(again, avoid=again.avoid | request.avoid | {answer.endpoint})

    def usable(self, generation: Generation) -> bool:
        """Whether an answer is usable."""
        return self.verdict(generation).usable

    def verdict(self, generation: Generation) -> Verdict:
        """Return the caller's verdict on an answer; one that was cut off is never usable."""
        if generation.finish_reason == CUT_OFF:
            return Verdict(usable=False, reason=CUT_OFF)
        if self.accept is None:
            return Verdict(usable=True)
        known = self._verdicts.get(generation)  # judging takes time, and is asked for twice
        if known is None:
            found = self.accept(generation)
            known = found if isinstance(found, Verdict) else Verdict(usable=found)
            self._verdicts[generation] = known
        return known
