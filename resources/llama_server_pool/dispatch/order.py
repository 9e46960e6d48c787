"""What the caller of a batch orders: the requests, and which answers it accepts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from resources.generation import Generation, GenerationRequest


@dataclass(frozen=True)
class BatchOrder:
    """What the caller of a batch orders.

    Attributes:
        requests: What to generate; subjects are unique.
        accept: Says whether an answer can be used; `None` accepts all.
        attempts: Content attempts per request.
        outage_timeout: Seconds to wait for an endpoint to come back when none is left.
        granted: Content attempts of the subjects that may take more than `attempts`.
        may_return: Raises when servers that are gone cannot come back; asked during an outage.
    """

    requests: Sequence[GenerationRequest]
    accept: Callable[[Generation], bool] | None
    attempts: int
    outage_timeout: float
    granted: Mapping[str, int] = field(default_factory=dict[str, int])
    may_return: Callable[[], None] = lambda: None

    @property
    def needs_schema(self) -> bool:
        """Whether any request carries a JSON schema."""
        return any(request.json_schema is not None for request in self.requests)

    def is_last(self, request: GenerationRequest) -> bool:
        """Whether this content attempt of a request is the last one it may take."""
        return request.attempt >= max(self.attempts, self.granted.get(request.subject, 0))

    def usable(self, generation: Generation) -> bool:
        """Whether an answer can be used."""
        if generation.finish_reason == "length":
            return False
        return self.accept is None or self.accept(generation)
