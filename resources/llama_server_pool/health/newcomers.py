"""Endpoints that are not in service yet but soon may be: how long others wait for them. Pure.

At the start of a batch one server may already have answered while its neighbours are on trial. What
has to be asked again elsewhere then waits for a neighbour instead of going back to the same server.
Only first contacts and trials of trusted servers count: after an outage nobody knows how long the
next trial takes, or the one after that.
"""

from __future__ import annotations

from resources.llama_server_pool.health.endpoint_view import EndpointView
from resources.llama_server_pool.policy import DispatchPolicy


class Newcomers:
    """When the endpoints of one batch began to come into service.

    Args:
        policy: How long a first contact and a trial may take.
    """

    def __init__(self, policy: DispatchPolicy) -> None:
        self._limit = policy.probe_timeout + policy.trial_timeout
        self._since: dict[str, float] = {}

    def until(self, endpoint: EndpointView, now: float, *, needs_schema: bool) -> float | None:
        """Return until when to wait for an endpoint; `None` if it is not coming into service."""
        on_trial = endpoint.needs_trial(needs_schema=needs_schema)
        trusted = endpoint.serving(now) and endpoint.slots_granted(now) > 0
        if endpoint.dismissed or (endpoint.tried and not (on_trial and trusted)):
            self._since.pop(endpoint.name, None)
            return None
        return self._since.setdefault(endpoint.name, now) + self._limit
