"""All attempts that hold a slot, by number: they begin, are cancelled, and end."""

from __future__ import annotations

from resources.llama_server_pool.scheduling.fleet import Attempt, EndpointLoad, OutstandingRequest


class AttemptTable:
    """The attempts that hold a slot, cancelled ones included; also noted at request and endpoint.

    Attributes:
        by_number: The attempts; numbers are never used twice.
    """

    def __init__(self) -> None:
        self.by_number: dict[int, Attempt] = {}
        self._next = 1

    def start(self, outstanding: OutstandingRequest, endpoint: EndpointLoad, now: float) -> Attempt:
        """Begin an attempt on an idle slot."""
        warm = endpoint.is_warm(outstanding.request)
        attempt = Attempt(self._next, outstanding, endpoint, now, endpoint.cached_share(warm), warm)
        self._next += 1
        self.by_number[attempt.number] = attempt
        outstanding.attempts[attempt.number] = attempt
        endpoint.start(attempt, now)
        return attempt

    def end(self, number: int, now: float) -> Attempt | None:
        """Free the slot of an attempt; returns `None` when it has ended before."""
        attempt = self.by_number.pop(number, None)
        if attempt is not None:
            attempt.endpoint.end(attempt, now)
            attempt.outstanding.attempts.pop(number, None)
        return attempt

    def cancel(self, outstanding: OutstandingRequest) -> list[int]:
        """Cancel the attempts of a request, which keep their slots; returns their numbers."""
        numbers = sorted(outstanding.attempts)
        for attempt in outstanding.attempts.values():
            attempt.cancelled = True
        outstanding.attempts.clear()
        return numbers
