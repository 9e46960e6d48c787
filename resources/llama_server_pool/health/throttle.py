"""How long an endpoint that asked for a pause (HTTP 429) is left alone. Pure."""

from __future__ import annotations

from resources.llama_server_pool.policy import DispatchPolicy


class Throttle:
    """The pauses that one endpoint asked for.

    Args:
        policy: First and longest pause where the server names none.
    """

    def __init__(self, policy: DispatchPolicy) -> None:
        self.paused_until = 0.0
        self._in_row = 0
        self._policy = policy

    def asked_to_wait(self, retry_after: float | None, now: float) -> bool:
        """Extend the pause.

        Args:
            retry_after: Seconds the server asked for, if it named any.
            now: The time, in seconds.

        Returns:
            Whether the endpoint had asked before and has not answered since.
        """
        pause = min(
            self._policy.throttle_pause * 2.0**self._in_row, self._policy.throttle_pause_limit
        )
        if retry_after is not None:
            # A server that keeps saying "retry at once" is left alone longer each time.
            pause = max(retry_after, pause if self._in_row else 0.0)
        self._in_row += 1
        self.paused_until = max(self.paused_until, now + pause)
        return self._in_row > 1

    def answered(self) -> None:
        """Reset to the shortest pause; a pause that has begun continues."""
        self._in_row = 0
