"""Estimates of the time and energy a fleet needs for a batch of any size, and what would help.

A few thousand requests, drawn from a sample of the real ones, are simulated with the real policy.
The rest is extrapolated at the speed each server showed in the simulation, so estimating millions
of requests takes no longer than thousands. Start and tail come from the simulation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from resources.errors import ConfigurationError
from resources.llama_server_pool.simulation.simulated_server import ServerAccount
from resources.llama_server_pool.simulation.simulator import SimulationResult, simulate
from resources.llama_server_pool.simulation.workload import SimulatedRequest, SimulatedServer

SIMULATED_REQUESTS = 2_000
"""At least this many requests are simulated ..."""
SIMULATED_PER_SLOT = 20
"""... and at least this many per slot, before extrapolation starts."""
_JOULES_PER_KWH = 3_600_000.0


@dataclass(frozen=True, slots=True)
class ServerEstimate:
    """What one server would contribute.

    Attributes:
        requests: Number of requests it would answer.
        share: Share of all requests, from 0 to 1.
        answer_tokens: Tokens it would generate for them.
        busy_seconds: Time with at least one busy slot.
        kwh: Energy drawn while busy, from its `watts`.
    """

    name: str
    requests: float
    share: float
    answer_tokens: float
    busy_seconds: float
    kwh: float


@dataclass(frozen=True, slots=True)
class PlanEstimate:
    """The estimate of a run.

    Attributes:
        requests: Number of requests to answer, without those that fit no server's context.
        unplaceable: Number of requests that fit no server's context.
        seconds: Expected time from the first request to the last answer.
        kwh: Energy of all servers while busy.
        simulated: Number of requests that were simulated; the rest is extrapolated.
        servers: One estimate per server, in the order of the fleet.
    """

    requests: int
    unplaceable: int
    seconds: float
    kwh: float
    simulated: int
    servers: tuple[ServerEstimate, ...]


def estimate(
    fleet: Sequence[SimulatedServer],
    sample: Sequence[SimulatedRequest],
    requests: int,
    *,
    seed: int = 0,
) -> PlanEstimate:
    """Estimate a run of many requests like those of a sample.

    Args:
        fleet: The servers; their `watts` determine the energy.
        sample: Requests as they occur; those of one affinity (an article) stay together.
        requests: Number of requests of the run.
        seed: Seed of the draw from the sample.

    Raises:
        ConfigurationError: The fleet or the sample is empty, or no request of the sample fits.
    """
    if not fleet or not sample or requests < 0:
        raise ConfigurationError(
            "a plan needs at least one server, a sample of requests and their number",
            remedy="Configure an endpoint with its speed and choose a source that has articles.",
        )
    placeable = [each for each in sample if _fits(each, fleet)]
    if not placeable:
        raise ConfigurationError(
            "no request of the sample fits the context of any server",
            remedy="Raise the context of a server or make the chunks smaller.",
        )
    unplaceable = round(requests * (1 - len(placeable) / len(sample)))
    wanted = requests - unplaceable
    slots = sum(server.slots for server in fleet)
    simulated = min(wanted, max(SIMULATED_REQUESTS, SIMULATED_PER_SLOT * slots))
    result = simulate(fleet, draw(placeable, simulated, Random(seed)))  # noqa: S311
    return _extrapolate(fleet, result, wanted, unplaceable, simulated)


def savings(
    fleet: Sequence[SimulatedServer],
    sample: Sequence[SimulatedRequest],
    requests: int,
    *,
    seed: int = 0,
) -> dict[str, float]:
    """Return the seconds that one more server would save, for every kind in the fleet.

    Servers are of one kind if they differ only by name; the first of a kind represents it.

    Args:
        fleet: The servers.
        sample: Requests as they occur.
        requests: Number of requests of the run.
        seed: Seed of the draw from the sample.
    """
    first: dict[SimulatedServer, str] = {}
    for server in fleet:
        first.setdefault(replace(server, name=""), server.name)
    before = estimate(fleet, sample, requests, seed=seed).seconds
    saved: dict[str, float] = {}
    for kind, name in first.items():
        larger = [*fleet, replace(kind, name=f"{name} (one more)")]
        saved[name] = before - estimate(larger, sample, requests, seed=seed).seconds
    return saved


def draw(sample: Sequence[SimulatedRequest], count: int, random: Random) -> list[SimulatedRequest]:
    """Draw `count` requests from a sample, article by article, with new ids.

    Every article is used once before any is reused; the last one may be cut short.
    """
    groups: dict[str, list[SimulatedRequest]] = {}
    for each in sample:
        groups.setdefault(each.request.affinity or f"\0{each.request.id}", []).append(each)
    drawn: list[SimulatedRequest] = []
    articles = list(groups.values())
    turn = 0
    while len(drawn) < count:
        random.shuffle(articles)
        for article in articles:
            drawn += [_again(each, turn) for each in article]
        turn += 1
    return drawn[:count]


def _again(each: SimulatedRequest, turn: int) -> SimulatedRequest:
    request = each.request
    affinity = f"{request.affinity}/{turn}" if request.affinity else ""
    return replace(each, request=replace(request, id=f"{request.id}/{turn}", affinity=affinity))


def _fits(each: SimulatedRequest, fleet: Sequence[SimulatedServer]) -> bool:
    return any(
        server.context is None or each.request.context_needed <= server.context for server in fleet
    )


def _extrapolate(
    fleet: Sequence[SimulatedServer],
    result: SimulationResult,
    wanted: int,
    unplaceable: int,
    simulated: int,
) -> PlanEstimate:
    """Add the requests not simulated, at each server's speed while its slots were busy."""
    speeds = {server.name: _answers_per_second(server, result) for server in fleet}
    speed = math.fsum(speeds.values())
    more = (wanted - simulated) / speed if wanted > simulated else 0.0
    servers: list[ServerEstimate] = []
    for server in fleet:
        account = result.servers[server.name]
        extra = more * speeds[server.name]
        answered = account.answers + extra
        grown = answered / account.answers if account.answers else 1.0
        busy = account.busy_seconds + (more if speeds[server.name] else 0.0)
        servers.append(
            ServerEstimate(
                name=server.name,
                requests=answered,
                share=answered / max(1, wanted),
                answer_tokens=account.answer_tokens * grown,
                busy_seconds=busy,
                kwh=busy * server.watts / _JOULES_PER_KWH,
            )
        )
    return PlanEstimate(
        requests=wanted,
        unplaceable=unplaceable,
        seconds=result.makespan + more,
        kwh=math.fsum(each.kwh for each in servers),
        simulated=simulated,
        servers=tuple(servers),
    )


def _answers_per_second(server: SimulatedServer, result: SimulationResult) -> float:
    account: ServerAccount = result.servers[server.name]
    return server.slots * account.answers / account.slot_seconds if account.slot_seconds else 0.0
