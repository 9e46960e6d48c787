"""A simulated fleet and its work.

Values only; `simulator` runs them. The true answer lengths are kept beside the requests, not in
them: the policy sees only `QueuedRequest`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from resources.llama_server_pool.scheduling.values import EndpointProfile, QueuedRequest
from resources.llama_server_pool.simulation.lower_bound import Phase, lower_bound


@dataclass(frozen=True, slots=True)
class SimulatedServer:
    """A server with known behaviour.

    Attributes:
        name: Unique name.
        decode_rates: Tokens per second of one slot while 1, 2, ... slots are busy; one entry per
            slot.
        prefill_rate: Prompt tokens per second of one slot.
        context: Context of one slot in tokens; `None` for no limit.
        watts: Power drawn while any slot is busy.
        changes: Pairs of time and factor, in chronological order: from that time on, the server is
            that many times as fast as at first. 0 means dead.
    """

    name: str
    decode_rates: tuple[float, ...]
    prefill_rate: float
    context: int | None = None
    watts: float = 0.0
    changes: tuple[tuple[float, float], ...] = ()

    @property
    def slots(self) -> int:
        """Number of parallel requests."""
        return len(self.decode_rates)

    @property
    def profile(self) -> EndpointProfile:
        """What a scheduler knows: neither changes nor how slots slow each other down."""
        return EndpointProfile(
            self.name, self.slots, self.context, self.prefill_rate, self.decode_rates[0]
        )


def equal_slots(slots: int, rate: float) -> tuple[float, ...]:
    """Return the decode rates of a server whose slots do not slow each other down."""
    return (rate,) * slots


@dataclass(frozen=True, slots=True)
class SimulatedRequest:
    """A request, and what the policy does not know about it.

    Attributes:
        request: What the policy sees.
        answer: Tokens of the answer.
        shared_prefix: Prompt tokens that need no prefill if the prefix cache is warm.
    """

    request: QueuedRequest
    answer: int
    shared_prefix: int = 0


def lognormal_requests(
    count: int,
    random: Random,
    *,
    mean: float = 300.0,
    sigma: float = 0.6,
    prompt_tokens: int = 400,
    max_tokens: int = 2048,
    told: bool = False,
) -> list[SimulatedRequest]:
    """Return requests whose answer lengths are lognormal.

    Args:
        count: Number of requests.
        random: Source of randomness.
        mean: Mean length before the cut at `max_tokens`.
        sigma: Standard deviation of the logarithm of the length.
        prompt_tokens: Length of every prompt.
        max_tokens: Longest answer.
        told: Whether the policy knows the lengths; if not, it has to learn their distribution.
    """
    mu = math.log(mean) - sigma * sigma / 2
    requests: list[SimulatedRequest] = []
    for number in range(count):
        answer = max(1, min(max_tokens, round(random.lognormvariate(mu, sigma))))
        expected = float(answer) if told else None
        requests.append(
            SimulatedRequest(
                QueuedRequest(f"request-{number}", prompt_tokens, max_tokens, expected), answer
            )
        )
    return requests


def phases_of(fleet: Sequence[SimulatedServer]) -> list[Phase]:
    """Return the total decode rates of a fleet over time."""
    times = sorted({0.0, *(time for server in fleet for time, _ in server.changes)})
    return [Phase(time, tuple(_rates_at(server, time) for server in fleet)) for time in times]


def _rates_at(server: SimulatedServer, time: float) -> tuple[float, ...]:
    factor = 1.0
    for start, changed in server.changes:
        if start <= time:
            factor = changed
    if factor <= 0:
        return ()
    return tuple(busy * rate * factor for busy, rate in enumerate(server.decode_rates, start=1))


def batch_lower_bound(
    fleet: Sequence[SimulatedServer], requests: Sequence[SimulatedRequest]
) -> float:
    """Return the least time in seconds in which the fleet could answer all; see `lower_bound`.

    A prompt token counts as the smallest fraction of an answer token that it costs on any server,
    and a shared prefix counts as always cached.
    """
    ratio = min(rate / server.prefill_rate for server in fleet for rate in server.decode_rates)
    work = [
        each.answer + ratio * (each.request.prompt_tokens - each.shared_prefix) for each in requests
    ]
    return lower_bound(work, phases_of(fleet))
