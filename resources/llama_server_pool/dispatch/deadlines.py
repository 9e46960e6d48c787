"""When a running request counts as hung: deadlines from learned speed and observed progress. Pure.

Only tokens are progress. Keep-alive pings, open connections and healthy health probes are not.
A server that is slow but makes progress is left alone; `scheduling` decides whether a faster one
should take over its work.
"""

from __future__ import annotations

from dataclasses import dataclass

from resources.llama_server_pool.policy import DispatchPolicy


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is known of a request before it runs.

    Attributes:
        max_tokens: Longest answer, in tokens.
        expected_tokens: Expected length of the answer.
        seconds: Expected time on this endpoint, or `None` when it has not done real work yet.
        decode_rate: Tokens per second of one slot alone, if a trial has measured it.
        slots: Slots of the endpoint; all may be reading prompts at the same time.
        leeway: Factor on the wait for the first token; see `health.leeway`.
    """

    prompt_tokens: int
    max_tokens: int
    expected_tokens: float
    seconds: float | None
    decode_rate: float | None = None
    slots: int = 1
    leeway: float = 1.0


@dataclass(slots=True)
class Watch:
    """The progress of one running request.

    Attributes:
        started: When it was sent.
        tokens: Tokens received so far.
        moved: When the last token arrived; `None` before the first.
    """

    started: float
    tokens: int = 0
    moved: float | None = None

    def progress(self, tokens: int, now: float) -> None:
        """Note that `tokens` tokens have arrived in total."""
        if tokens > self.tokens:
            self.tokens, self.moved = tokens, now

    def overdue(self, expected: Expectation, policy: DispatchPolicy, now: float) -> str:
        """Return why the request counts as hung, or an empty string while it does not."""
        if self.moved is None:
            limit = first_token_limit(expected, policy)
            waited = now - self.started
            return f"no token within {waited:.0f} s" if waited > limit else ""
        silence = now - self.moved
        if silence > self._silence_limit(policy):
            return f"no further token for {silence:.0f} s after {self.tokens}"
        taken = now - self.started
        if taken > total_limit(expected, policy) and not self._brisk(expected, taken):
            return f"not finished after {taken:.0f} s and {self.tokens} tokens"
        return ""

    def _silence_limit(self, policy: DispatchPolicy) -> float:
        """A board that needs 10 s per token may be silent for longer than one that needs 0.1 s."""
        if self.moved is None or self.tokens < 2:
            return policy.stall_floor
        pace = (self.moved - self.started) / self.tokens
        return max(policy.stall_floor, policy.deadline_factor * pace)

    def _brisk(self, expected: Expectation, taken: float) -> bool:
        """Whether it has passed half of its longest answer: waiting then beats starting over."""
        return taken > 0 and self.tokens * 2 >= expected.max_tokens > self.tokens


def first_token_limit(expected: Expectation, policy: DispatchPolicy) -> float:
    """Return how long to wait for the first token, in seconds."""
    if expected.seconds is None:
        shown = policy.prefill_per_decode * (expected.decode_rate or 0.0) / expected.slots
        rate = max(policy.unknown_prefill_rate, shown)
        wait = policy.first_token_floor + expected.prompt_tokens / rate
    else:
        wait = max(policy.first_token_floor, policy.deadline_factor * expected.seconds)
    return wait * expected.leeway


def total_limit(expected: Expectation, policy: DispatchPolicy) -> float:
    """Return how long a request that makes progress may take in total, in seconds.

    The expected time is for the expected length; the longest answer takes proportionally
    longer. While the speed is unknown there is no limit; the silence limit still applies.
    """
    if expected.seconds is None:
        return float("inf")
    stretch = max(1.0, expected.max_tokens / max(1.0, expected.expected_tokens))
    wait = max(policy.total_floor, policy.deadline_factor * expected.seconds * stretch)
    return wait * expected.leeway
