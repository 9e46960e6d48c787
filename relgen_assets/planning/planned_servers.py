"""The endpoints of the settings as servers of the simulator, each with its speed.

A speed is learned from the ledger, else configured, else measured. Without one there is no plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.planning.experience import PREFILL_PER_DECODE, Speed
from resources.llama_server_pool.embedded.server import CONTEXT, EMBEDDED
from resources.llama_server_pool.endpoint import Endpoint, EndpointKind
from resources.llama_server_pool.policy import DEFAULT_SLOTS
from resources.llama_server_pool.reports import EndpointStatus
from resources.llama_server_pool.simulation.workload import SimulatedServer, equal_slots

Origin = Literal["learned", "configured", "measured", "documented"]

EMBEDDED_SPEED = Speed(prefill=320.0, decode=33.0)
"""The embedded model on two quiet cores."""


@dataclass(frozen=True, slots=True)
class PlannedServer:
    """One server of a plan.

    Attributes:
        server: Its simulated counterpart.
        kind: Hardware: gpu, arm or cpu.
        origin: Source of its speed.
        slots_known: Whether the number of slots comes from the settings or the server.
    """

    server: SimulatedServer
    kind: str
    origin: Origin
    slots_known: bool

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

    Raises:
        ConfigurationError: The speed of an endpoint is unknown; names all such endpoints.
    """
    if not endpoints:
        return [_embedded(speeds)]
    fleet: list[PlannedServer] = []
    unknown: list[str] = []
    for config in endpoints:
        status = (asked or {}).get(config.name)
        found = _speed(config, speeds, status)
        if found is None:
            unknown.append(config.name)
            continue
        slots = config.slots or (status.slots if status else None)
        fleet.append(
            PlannedServer(
                SimulatedServer(
                    name=config.name,
                    decode_rates=equal_slots(slots or DEFAULT_SLOTS, found[0].decode),
                    prefill_rate=found[0].prefill,
                    context=config.context or (status.context if status else None),
                    watts=config.watts,
                ),
                config.kind.value,
                found[1],
                slots is not None,
            )
        )
    if unknown:
        raise ConfigurationError(
            f"the speed of {', '.join(map(repr, unknown))} is not known.",
            where="pool.endpoints",
            remedy="Measure it with `relgen endpoints` and set decode_rate (and prefill_rate, both"
            " in tokens/s of one slot) on the endpoint, or run `relgen plan --ask`, which asks the"
            " running servers. After a first batch the ledger knows it.",
        )
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
