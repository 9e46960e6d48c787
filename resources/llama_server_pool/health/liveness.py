"""Whether a server is alive: health probes after a fault, and during long silence."""

from __future__ import annotations

import asyncio

from resources.llama_server_pool.health.endpoint_state import UNREACHABLE, EndpointState
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.llama_server_pool.servers.faults import EndpointFault

NO_SIGN_OF_LIFE = UNREACHABLE | {"reset"}
"""Faults of a health probe that no server answered."""


async def check_health(fleet: Supervisor, endpoint: EndpointState) -> None:
    """Ask a server that failed whether it is healthy.

    Raises:
        TimeoutError: No answer in time.
        EndpointFault: It cannot be reached, or reports that it is unhealthy.
    """
    async with asyncio.timeout(fleet.policy.probe_timeout):
        await endpoint.client.probe()
    endpoint.healthy(fleet.now())


async def check_liveness(fleet: Supervisor, endpoint: EndpointState) -> None:
    """Check that a server that is silent during work is alive; probe twice, to be sure.

    A host that loses power or network does not reset its connections. Any answer, even an error,
    shows that the server is alive.

    Raises:
        TimeoutError: Neither probe was answered in time.
        EndpointFault: Neither probe reached a server.
    """
    asked = fleet.now()
    for is_last in (False, True):
        try:
            await check_health(fleet, endpoint)
        except (TimeoutError, EndpointFault) as fault:
            if isinstance(fault, EndpointFault) and fault.kind not in NO_SIGN_OF_LIFE:
                endpoint.heard_from(fleet.now())
            elif is_last:
                endpoint.went_silent(asked)
                raise
            else:
                continue
        return
