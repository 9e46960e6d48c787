"""What an endpoint looks like right now, for `relgen endpoints`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from resources.llama_server_pool.client import ServerFacts
from resources.llama_server_pool.faults import Disposition, EndpointFault
from resources.llama_server_pool.member import Member
from resources.llama_server_pool.policy import DispatchPolicy
from resources.llama_server_pool.probes import SPEED_PROBE


@dataclass(frozen=True, slots=True)
class EndpointStatus:
    """Who answers at an endpoint, and how fast.

    Attributes:
        name: Name of the endpoint.
        url: Its address.
        kind: Its hardware: gpu, arm or cpu.
        answers: Whether it generated a few tokens just now.
        dialect: The server software, where known.
        model: The model it serves, where known.
        slots: Requests it serves at once, where known.
        context: Context of one slot in tokens, where known.
        tokens_per_second: Decode speed of one short answer, or `None`.
        fault: Why it does not answer; empty when it does.
    """

    name: str
    url: str
    kind: str
    answers: bool
    dialect: str = ""
    model: str = ""
    slots: int | None = None
    context: int | None = None
    tokens_per_second: float | None = None
    fault: str = ""


async def look_at(member: Member, policy: DispatchPolicy) -> EndpointStatus:
    """Ask one endpoint who it is, and for a few tokens."""
    facts: ServerFacts | None = None
    speed: float | None = None
    fault = ""
    try:
        async with asyncio.timeout(policy.probe_timeout):
            facts = await member.client.discover()
        async with asyncio.timeout(policy.trial_timeout):
            speed = await _speed(member, facts)
    except TimeoutError:
        fault = "no answer in time"
    except EndpointFault as error:
        ready = "it is loading its model; " if error.disposition is Disposition.loading else ""
        fault = f"{ready}{error}"
    config = member.config
    return EndpointStatus(
        name=config.name,
        url=config.url,
        kind=config.kind.value,
        answers=not fault,
        dialect=facts.dialect.value if facts else "",
        model=(facts.model if facts else None) or member.client.model or "",
        slots=config.slots or (facts.slots if facts else None),
        context=config.context or (facts.context if facts else None),
        tokens_per_second=speed,
        fault=fault,
    )


async def _speed(member: Member, facts: ServerFacts) -> float | None:
    completion = await member.client.complete(SPEED_PROBE, lambda _: None, facts)
    tokens, seconds = completion.generation.completion_tokens, completion.decode_seconds
    return tokens / seconds if tokens and seconds > 0 else None
