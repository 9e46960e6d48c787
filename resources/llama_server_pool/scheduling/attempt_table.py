"""All attempts that hold a slot, by number: their start, cancellation and end."""

from __future__ import annotations

from resources.llama_server_pool.scheduling.fleet import Attempt, EndpointLoad, OutstandingRequest


class AttemptTable:
    """The attempts that hold a slot, cancelled ones included; request and endpoint list them too.

    Attributes:
        by_number: The attempts; numbers are never reused.
    """

    def __init__(self) -> None:
        self.by_number: dict[int, Attempt] = {}
        self._next = 1

    def start(self, outstanding: OutstandingRequest, endpoint: EndpointLoad, now: float) -> Attempt:
        """Start an attempt on an idle slot."""
        warm = endpoint.is_warm(outstanding.request)
        attempt = Attempt(self._next, outstanding, endpoint, now, endpoint.cached_share(warm), warm)
        self._next += 1
        self.by_number[attempt.number] = attempt
        outstanding.attempts[attempt.number] = attempt
        endpoint.start(attempt, now)
        return attempt

    def end(self, number: int, now: float) -> Attempt | None:
        """Free the slot of an attempt; return `None` if it had already ended."""
        attempt = self.by_number.pop(number, None)
        if attempt is not None:
            attempt.endpoint.end(attempt, now)
            attempt.outstanding.attempts.pop(number, None)
        return attempt

    def cancel(self, outstanding: OutstandingRequest) -> list[int]:
        """Cancel the attempts of a request, which keep their slots; return their numbers."""
        numbers = sorted(outstanding.attempts)
        for attempt in outstanding.attempts.values():
            attempt.cancelled = True
        outstanding.attempts.clear()
        return numbers
