"""Asks one endpoint what it serves and how fast it answers, outside any batch."""

from __future__ import annotations

import asyncio

from resources.llama_server_pool.health.endpoint_state import EndpointState
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.reports import EndpointStatus
from resources.llama_server_pool.servers.client import ServerFacts
from resources.llama_server_pool.servers.faults import Disposition, EndpointFault
from resources.llama_server_pool.servers.probes import SPEED_PROBE


async def look_at(endpoint: EndpointState, policy: DispatchPolicy) -> EndpointStatus:
    """Ask one endpoint what it serves, and for a few tokens."""
    facts: ServerFacts | None = None
    speed: float | None = None
    fault = ""
    try:
        async with asyncio.timeout(policy.probe_timeout):
            facts = await endpoint.client.discover()
        async with asyncio.timeout(policy.trial_timeout):
            speed = await _speed(endpoint, facts)
            facts = await endpoint.client.greet_again(facts)
    except TimeoutError:
        fault = "no answer in time"
    except EndpointFault as error:
        ready = "it is loading its model; " if error.disposition is Disposition.loading else ""
        fault = f"{ready}{error}"
    config = endpoint.config
    return EndpointStatus(
        name=config.name,
        url=config.url,
        kind=config.kind.value,
        answers=not fault,
        dialect=facts.dialect.value if facts else "",
        model=(facts.model if facts else None) or endpoint.client.model or "",
        slots=config.slots or (facts.slots if facts else None),
        context=config.context or (facts.context if facts else None),
        tokens_per_second=speed,
        fault=fault,
    )


async def _speed(endpoint: EndpointState, facts: ServerFacts) -> float | None:
    completion = await endpoint.client.try_out(SPEED_PROBE, facts)
    tokens, seconds = completion.generation.completion_tokens, completion.decode_seconds
    return tokens / seconds if tokens and seconds > 0 else None
