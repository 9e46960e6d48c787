"""How much longer than expected to wait for the first tokens of one endpoint. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Leeway:
    """A factor on the wait for first tokens.

    A server that has become much slower could never show it: each of its requests would be cut off
    before its first token. So each fruitless wait doubles the next one, until answers show that the
    learned speed holds again.
    """

    factor: float = 1.0

    def stalled(self, held: float, limit: float) -> None:
        """Note that no token came within the wait stretched by `held`.

        Requests that waited together double the wait once, not once each. The factor never exceeds
        `limit`.
        """
        self.factor = min(limit, max(self.factor, 2.0 * held))

    def began(self, held: float, share: float) -> None:
        """Note that a first token came after this share of a wait stretched by `held`."""
        if share < 0.5 and held >= self.factor:
            self.factor = max(1.0, held / 2.0)
