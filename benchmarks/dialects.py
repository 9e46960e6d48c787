"""The table of dialects: what the pool makes of each server software.

    python -m benchmarks.dialects

The first table is of servers as their documentation and sources say that they answer questions: the
recordings of the tests of recognition. The second asks the fake servers of the tests over real
HTTP, one of each dialect: whether an answer follows a schema, and as what a prompt is told that is
too long.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from benchmarks.machine import machine_line
from relgen_assets_tests.fakes.llama_server import FakeLlamaServer
from relgen_assets_tests.fakes.registry import FAKE_TYPES
from relgen_assets_tests.resources.llama_server_pool.servers.asking import (
    client_of,
    ignore,
    request,
)
from relgen_assets_tests.resources.llama_server_pool.servers.test_recognition import (
    SERVERS,
    Recorded,
)
from resources.llama_server_pool.endpoint import Dialect
from resources.llama_server_pool.servers.client import EndpointClient, ServerFacts
from resources.llama_server_pool.servers.faults import EndpointFault
from resources.llama_server_pool.servers.registry import recognise

CONTEXT: Final = 1_000
"""Context of a slot of the fakes, in tokens."""
TOO_LONG: Final = "What is light? " * 500
"""A prompt of more tokens than that."""


async def facts_of(server: Recorded) -> ServerFacts:
    """Return what is found out about a recorded server."""
    return await (await recognise(server)).discover(server)


async def asked(dialect: Dialect) -> tuple[str, str, str]:
    """Return the dialect found, whether a schema is followed, and what is told of a long prompt."""
    with FakeLlamaServer(dialect=dialect, slots=4, context=CONTEXT) as server:
        async with client_of(server.url) as client:
            facts = await client.discover()
            trial = await client.try_schema(facts)
            told = await told_of_long_prompt(client, facts)
    return facts.dialect.value, "yes" if trial.enforced else "no", told


async def told_of_long_prompt(client: EndpointClient, facts: ServerFacts) -> str:
    """Return the fault of a prompt that exceeds the context, or `answered`."""
    try:
        await client.complete(request(TOO_LONG), ignore, facts)
    except EndpointFault as fault:
        return f"`{fault.kind}`"
    return "answered"


def known(value: Any) -> str:
    """Return a value as a cell; a dash if the server does not tell it."""
    return "-" if value is None else str(value)


def main() -> None:
    """Print both tables."""
    print(machine_line())
    print("\n| server | taken for | slots told | context | model |\n|---|---|---:|---:|---|")
    for name, server in SERVERS.items():
        facts = asyncio.run(facts_of(server))
        cells = (known(facts.slots), known(facts.context), known(facts.model))
        print(f"| {name} | `{facts.dialect.value}` | {' | '.join(cells)} |")
    print("\n| fake server | taken for | follows a schema | a prompt too long |\n|---|---|---|---|")
    for dialect in FAKE_TYPES:
        found, schema, long = asyncio.run(asked(dialect))
        print(f"| {dialect.value} | `{found}` | {schema} | {long} |", flush=True)


if __name__ == "__main__":
    main()
