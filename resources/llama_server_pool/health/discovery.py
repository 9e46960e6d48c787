"""Discovers a server: what it serves, and whether it works.

A server is asked what it serves at first contact and after every outage, since it may have changed.
Then a small request tries it out before it gets any work.
"""

from __future__ import annotations

import asyncio

from resources.llama_server_pool.health.endpoint_state import EndpointState
from resources.llama_server_pool.health.model_identity import refuse_other_model
from resources.llama_server_pool.health.supervisor import Supervisor
from resources.llama_server_pool.health.trials import first_answer
from resources.llama_server_pool.scheduling.scheduler import Usage
from resources.llama_server_pool.servers.client import Completion, ServerFacts
from resources.llama_server_pool.servers.probes import SPEED_PROBE


async def discover(fleet: Supervisor, endpoint: EndpointState) -> None:
    """Ask the server what it serves.

    Raises:
        TimeoutError: No answer in time.
        EndpointFault: It cannot be reached, is not ready, or serves another model.
    """
    async with asyncio.timeout(fleet.policy.probe_timeout):
        facts = await endpoint.client.greet()
    _check(fleet, endpoint, facts)
    endpoint.discovered(facts, fleet.now())


async def try_out(fleet: Supervisor, endpoint: EndpointState, facts: ServerFacts) -> None:
    """Try the endpoint out: let it generate a few tokens.

    A server can report itself healthy and hang on every completion, or accept a schema and ignore
    it.

    Args:
        fleet: The endpoints, and the scheduler that learns the speed.
        endpoint: The endpoint on trial.
        facts: What it said about itself.

    Raises:
        TimeoutError: No answer in time.
        EndpointFault: It failed.
    """
    began = fleet.now()
    endpoint.trial_began(began)
    endpoint.account.start(began)
    try:
        async with asyncio.timeout(fleet.policy.trial_timeout):
            facts = await endpoint.client.examine(facts)
            _check(fleet, endpoint, facts)
            endpoint.facts_learned(facts)
            completion = await first_answer(
                lambda: _complete(fleet, endpoint, facts), _patience(fleet)
            )
            facts = await endpoint.client.greet_again(facts)
            _check(fleet, endpoint, facts)
            endpoint.facts_learned(facts)
    finally:
        endpoint.account.end(fleet.now())
    # Its prompt is too short to measure the speed of prefill.
    tokens = completion.generation.completion_tokens
    usage = Usage(0, 0, tokens, 0.0, completion.decode_seconds)
    fleet.scheduler.observe(endpoint.name, usage)
    endpoint.trial_passed()


def _patience(fleet: Supervisor) -> float:
    """Return how long a trial may run alone, in seconds: as long as an unknown server may read."""
    policy = fleet.policy
    return policy.first_token_floor + SPEED_PROBE.prompt_tokens / policy.unknown_prefill_rate


async def _complete(fleet: Supervisor, endpoint: EndpointState, facts: ServerFacts) -> Completion:
    """Return the answer to a small request; it carries a schema if that must be tried out."""
    if fleet.needs_schema and endpoint.enforces_schema is None:
        enforced, completion = await endpoint.client.try_schema(facts)
        endpoint.schema_tried(enforced=enforced)
        if not enforced:
            fleet.note_unenforced(endpoint)
        if completion is not None:
            return completion
    return await endpoint.client.try_out(SPEED_PROBE, facts)


def _check(fleet: Supervisor, endpoint: EndpointState, facts: ServerFacts) -> None:
    """Refuse a server with another model; report its context to the scheduler."""
    refuse_other_model(facts, fleet.model, endpoint)
    if facts.context and not endpoint.config.context:
        fleet.learn_context(endpoint, facts.context)
