"""The plain values that the policy exchanges with its caller.

Everything here is a number or a name. Times are seconds of the caller's clock, lengths are tokens
of the serving model. Behaviour belongs to `scheduler`, `estimator` and `lengths`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """One request as the policy sees it.

    Attributes:
        id: Unique name in the scheduler.
        max_tokens: Upper bound of the answer.
        expected_tokens: Expected length of the answer, if the caller has an estimate.
        affinity: Requests with the same value share a prompt prefix; empty if it shares none.
        family: Kind of work: answers of one family have similar lengths. It may be empty, since
            `max_tokens` distinguishes requests as well.
        avoid: Endpoints on which an attempt failed before; others are preferred.
    """

    id: str
    prompt_tokens: int
    max_tokens: int
    expected_tokens: float | None = None
    affinity: str = ""
    family: str = ""
    avoid: frozenset[str] = frozenset()

    @property
    def context_needed(self) -> int:
        """Context in tokens that is certain to hold the prompt and the longest answer."""
        return self.prompt_tokens + self.max_tokens


@dataclass(frozen=True, slots=True)
class EndpointProfile:
    """What is known about a server before the first request.

    Attributes:
        name: Unique name.
        slots: Number of parallel requests.
        context: Context of one slot in tokens; `None` if unknown (then everything fits).
        prefill_rate: Prompt tokens per second of one slot alone; `None` if unknown.
        decode_rate: Answer tokens per second of one slot alone; `None` if unknown.
    """

    name: str
    slots: int
    context: int | None = None
    prefill_rate: float | None = None
    decode_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """An instruction to run one attempt of a request now.

    Attributes:
        attempt: Unique number of the attempt.
        hedge: Whether another attempt of the request is running.
    """

    attempt: int
    request_id: str
    endpoint: str
    hedge: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """What a completed attempt cost; zero seconds mean that the server did not say.

    Attributes:
        prompt_tokens: Tokens of the prompt.
        cached_tokens: Prompt tokens taken from the server's prefix cache.
        completion_tokens: Tokens of the answer.
        prefill_seconds: Time until the first token.
        decode_seconds: Time from the first token to the last.
    """

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    prefill_seconds: float
    decode_seconds: float


@dataclass(frozen=True, slots=True)
class PolicyOptions:
    """The constants of the policy.

    Attributes:
        guard: A slot takes a queued request only if its expected service time, multiplied by this,
            ends before the rest of the fleet would be done. Values above 1 are more cautious.
        hedge_gain: A hedge starts only if its expected time is below this share of the expected
            remaining time of the first attempt.
        hedge_seconds: A hedge starts only if it is expected to save this much time: an attempt that
            is nearly done is not worth another connection and prefill.
        hedging: Whether to hedge at all.
        review_seconds: Interval between two decisions about idle slots while nothing happens.
    """

    guard: float = 1.0
    hedge_gain: float = 0.8
    hedge_seconds: float = 0.1
    hedging: bool = True
    review_seconds: float = 0.5
