"""The endpoints to evaluate: those of the settings, the embedded model, or a server by address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.rows.models import Mode
from relgen_assets.settings import Settings
from resources.llama_server_pool.endpoint import Endpoint, read_endpoints

EMBEDDED: Final = "embedded"
"""Names the embedded model."""
LONGEST_WAIT: Final = 60.0
"""Seconds to wait for a server that does not answer, at most: a person waits for the table."""


def settings_of(
    settings: Settings, named: Sequence[str], *, mode: Mode | None = None
) -> dict[str, Settings]:
    """Return the settings under which each endpoint is asked by itself, by its name.

    Args:
        settings: The settings of the project.
        named: Names of endpoints of the settings, `embedded`, or `NAME=URL` for a server that is
            not in the settings; by default all of the settings, or the embedded model.
        mode: How decoding is constrained; by default as the settings say.

    Raises:
        ConfigurationError: There is no such endpoint, or one is named twice.
    """
    if mode is not None:
        asked = settings.extractions.model_copy(update={"mode": mode})
        settings = settings.model_copy(update={"extractions": asked})
    configured = {one.name: one for one in settings.pool.endpoints}
    wanted = list(named) or list(configured) or [EMBEDDED]
    found: dict[str, Settings] = {}
    for one in wanted:
        name, endpoint = _endpoint(one, configured)
        if name in found:
            raise ConfigurationError(
                "this endpoint is named twice.", where=name, remedy="Name each endpoint once."
            )
        found[name] = _only(settings, endpoint, other=name not in configured)
    return found


def _endpoint(written: str, configured: dict[str, Endpoint]) -> tuple[str, Endpoint | None]:
    """Return the name and the endpoint that a user means; no endpoint is the embedded model."""
    name, mark, url = written.partition("=")
    if mark:
        (endpoint,) = read_endpoints([{"name": name, "url": url}])
        return name, endpoint
    if written in configured:
        return written, configured[written]
    if written == EMBEDDED:
        return written, None
    known = ", ".join(configured) or "none"
    raise ConfigurationError(
        "there is no such endpoint.",
        where=written,
        remedy=f"Configured are: {known}. Name a server that is not in the settings as NAME=URL,"
        f" or the embedded model as {EMBEDDED}.",
    )


def _only(settings: Settings, endpoint: Endpoint | None, *, other: bool) -> Settings:
    """Return settings with this endpoint alone; another model than the project's is its own."""
    pool = settings.pool
    changes = {
        "endpoints": [] if endpoint is None else [endpoint],
        "outage_timeout_seconds": min(pool.outage_timeout_seconds, LONGEST_WAIT),
        **({"model": None} if other else {}),
    }
    return settings.model_copy(update={"pool": pool.model_copy(update=changes)})
