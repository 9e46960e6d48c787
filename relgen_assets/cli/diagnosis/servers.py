"""The servers: do they answer, do they serve one model, does a prompt fit; or the embedded one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import util

from relgen_assets.cli.diagnosis.findings import Finding, Level, ok
from relgen_assets.definitions import build_resources
from relgen_assets.settings import Settings
from resources.llama_server_pool.embedded.model import INSTALL, find_model
from resources.llama_server_pool.embedded.server import SERVER_MODULE
from resources.llama_server_pool.health.model_identity import plain_name, refuse_models
from resources.llama_server_pool.reports import EndpointStatus

INSTRUCTION_TOKENS = 1_000
"""Tokens of a prompt beside text and summary: instructions, example, list of candidates."""


def check_servers(settings: Settings) -> Iterator[Finding]:
    """Yield how each endpoint is, or whether the embedded server could start."""
    if not settings.pool.endpoints:
        yield from _check_embedded()
        return
    pool = build_resources(settings).llama_server_pool
    try:
        statuses = pool.describe()
    finally:
        pool.close()
    needed = needed_context(settings)
    for one in statuses:
        yield from _check_endpoint(one, needed)
    yield from _check_model(settings, statuses)


def needed_context(settings: Settings) -> int:
    """Return the tokens that the longest request takes, prompt and answer together."""
    bounds = settings.extractions.bounds(
        settings.extractions.mode_for(embedded=not settings.pool.endpoints)
    )
    text = settings.chunking.tokens + settings.summaries.max_tokens
    return text + INSTRUCTION_TOKENS + bounds.tokens


def _check_embedded() -> Iterator[Finding]:
    model = find_model()
    if util.find_spec(SERVER_MODULE) is None:
        yield Finding("servers", Level.FAIL, "the embedded server is not installed", INSTALL)
        return
    yield Finding(
        "servers",
        Level.WARN,
        f"no endpoint is configured: the embedded model {model.stem} does the work",
        "It is too small for real data. Name servers of your own under [[pool.endpoints]].",
    )


def _check_endpoint(one: EndpointStatus, needed: int) -> Iterator[Finding]:
    name = f"server {one.name}"
    if not one.answers:
        yield Finding(
            name,
            Level.FAIL,
            f"{one.url} does not answer: {one.fault}",
            "Start the server, or correct its url, or remove it from relgen.toml.",
        )
        return
    speed = f", {one.tokens_per_second:.0f} tokens/s" if one.tokens_per_second else ""
    slots = one.slots or "unknown"
    context = one.context or "unknown"
    found = f"{one.model}; slots: {slots}, context of each: {context}{speed}"
    if one.context is not None and one.context < needed:
        yield Finding(
            name,
            Level.WARN,
            f"{found}; the longest prompts need {needed} with their answer",
            f"Give each slot {needed} tokens (`llama-server -c` divides its context among `-np`"
            " slots), or lower chunking.tokens.",
        )
    elif one.slots is None:
        yield Finding(name, Level.WARN, found, "Set `slots`; until then it gets one request.")
    else:
        yield ok(name, found)


def _check_model(settings: Settings, statuses: Sequence[EndpointStatus]) -> Iterator[Finding]:
    """Yield whether the servers that answer serve one model, unless the settings name it."""
    models = {one.name: one.model for one in statuses if one.answers and one.model}
    if settings.pool.model:
        yield ok("model", f"{settings.pool.model}, as pool.model says")
        return
    if len({plain_name(model) for model in models.values()}) > 1:
        refuse_models(models)
    for model in sorted(set(models.values())):
        yield ok("model", model)
