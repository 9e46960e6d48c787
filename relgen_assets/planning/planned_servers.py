"""The endpoints of the settings as servers of the simulator, each with its speed.

A speed is learned from the ledger, else configured, else measured. Where nothing of that is there,
it is assumed, and the plan says from what: other servers of its kind, or a documented figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from relgen_assets.planning.experience import PREFILL_PER_DECODE, Speed
from resources.llama_server_pool.embedded.server import CONTEXT, EMBEDDED
from resources.llama_server_pool.endpoint import Endpoint, EndpointKind
from resources.llama_server_pool.policy import DEFAULT_SLOTS
from resources.llama_server_pool.reports import EndpointStatus
from resources.llama_server_pool.simulation.workload import SimulatedServer, equal_slots

Origin = Literal["learned", "configured", "measured", "documented", "assumed"]

EMBEDDED_SPEED = Speed(prefill=320.0, decode=33.0)
"""The embedded model on two quiet cores."""
ASSUMED_SPEEDS = {
    EndpointKind.gpu: Speed(prefill=400.0, decode=20.0),
    EndpointKind.arm: Speed(prefill=12.0, decode=2.34),
    EndpointKind.cpu: Speed(prefill=30.0, decode=5.0),
}
"""The speed of a server of which nothing is known, by its hardware, per slot.

The first two are those of the published predecessor's servers (docs/plan-predecessor.md): a 13B
model on a graphics card, and on a single-board computer. That of a processor lies between them and
is a guess.
"""
_NAMED = 3
"""Most endpoints that an assumption names."""


@dataclass(frozen=True, slots=True)
class PlannedServer:
    """One server of a plan.

    Attributes:
        server: Its simulated counterpart.
        kind: Hardware: gpu, arm or cpu.
        origin: Source of its speed.
        slots_known: Whether the number of slots comes from the settings or the server.
        assumed_from: What an assumed speed was taken from; empty if it is known.
    """

    server: SimulatedServer
    kind: str
    origin: Origin
    slots_known: bool
    assumed_from: str = ""

    @property
    def tokens_per_second(self) -> float:
        """Answer tokens per second with all slots busy."""
        return self.server.slots * self.server.decode_rates[-1]


def plan_servers(
    endpoints: Sequence[Endpoint],
    speeds: Mapping[str, Speed],
    asked: Mapping[str, EndpointStatus] | None = None,
) -> list[PlannedServer]:
    """Return the servers to simulate: the endpoints, or the embedded server if there are none.

    Args:
        endpoints: The configured endpoints.
        speeds: Learned speeds by name.
        asked: The current status of the servers, reported and measured, by name.
    """
    if not endpoints:
        return [_embedded(speeds)]
    statuses = asked or {}
    known = {one.name: _speed(one, speeds, statuses.get(one.name)) for one in endpoints}
    fleet: list[PlannedServer] = []
    for config in endpoints:
        found, status = known[config.name], statuses.get(config.name)
        if found is not None:
            fleet.append(_planned(config, status, *found))
        else:
            speed, origin = _assumed(config, endpoints, known)
            fleet.append(_planned(config, status, speed, "assumed", origin))
    return fleet


def one_more(fleet: Sequence[PlannedServer]) -> dict[str, SimulatedServer]:
    """Return a further server for every kind of hardware: a copy of the one of median speed."""
    kinds: dict[str, list[PlannedServer]] = {}
    for one in fleet:
        kinds.setdefault(one.kind, []).append(one)
    middle = {
        kind: sorted(servers, key=lambda each: each.tokens_per_second)[len(servers) // 2].server
        for kind, servers in kinds.items()
    }
    return {kind: replace(one, name=f"{one.name} (one more)") for kind, one in middle.items()}


def _speed(
    config: Endpoint, speeds: Mapping[str, Speed], status: EndpointStatus | None
) -> tuple[Speed, Origin] | None:
    if config.name in speeds:
        return speeds[config.name], "learned"
    if config.decode_rate is not None:
        return _with_prefill(config, config.decode_rate), "configured"
    if status is not None and status.tokens_per_second:
        return _with_prefill(config, status.tokens_per_second), "measured"
    return None


def _assumed(
    config: Endpoint,
    endpoints: Sequence[Endpoint],
    known: Mapping[str, tuple[Speed, Origin] | None],
) -> tuple[Speed, str]:
    """Return the median speed of known endpoints of the same kind, or the documented one."""
    alike = {
        one.name: found[0]
        for one in endpoints
        if one.kind is config.kind and (found := known[one.name]) is not None
    }
    if alike:
        speed = Speed(
            prefill=median(one.prefill for one in alike.values()),
            decode=median(one.decode for one in alike.values()),
        )
        named = ", ".join(alike) if len(alike) <= _NAMED else f"{len(alike)} endpoints"
        return speed, f"median of {named} ({config.kind.value})"
    return ASSUMED_SPEEDS[config.kind], f"default for kind {config.kind.value}"


def _planned(
    config: Endpoint,
    status: EndpointStatus | None,
    speed: Speed,
    origin: Origin,
    assumed_from: str = "",
) -> PlannedServer:
    slots = config.slots or (status.slots if status else None)
    return PlannedServer(
        SimulatedServer(
            name=config.name,
            decode_rates=equal_slots(slots or DEFAULT_SLOTS, speed.decode),
            prefill_rate=speed.prefill,
            context=config.context or (status.context if status else None),
            watts=config.watts,
        ),
        config.kind.value,
        origin,
        slots is not None,
        assumed_from,
    )


def _with_prefill(config: Endpoint, decode: float) -> Speed:
    return Speed(config.prefill_rate or PREFILL_PER_DECODE * decode, decode)


def _embedded(speeds: Mapping[str, Speed]) -> PlannedServer:
    speed = speeds.get(EMBEDDED, EMBEDDED_SPEED)
    return PlannedServer(
        SimulatedServer(EMBEDDED, (speed.decode,), speed.prefill, context=CONTEXT),
        EndpointKind.cpu.value,
        "learned" if EMBEDDED in speeds else "documented",
        slots_known=True,
    )
