"""A pool of llama.cpp servers, and of servers that speak like them.

`LlamaServerPool`, the Dagster resource, is in `pool`. It is imported on first use: the ledger and
the settings need the values of this package (`request`, `endpoint`), not its machinery.

    pool          the Dagster resource: configuration and life cycle
    request       what is asked and answered: plain values
    endpoint      what a server is: address, kind, capacity
    client        one endpoint: ask it, stream its answer
    probes        small requests by which an endpoint is tried out
    dialects      how the server programs differ
    faults        what can go wrong, and whose fault it is
    scheduler     the policy, pure: who gets which request when
    order         what the caller of a batch wants, and what it gets
    dispatcher    one batch: what an answer or a fault means for a request
    supervisor    all endpoints: bringing them into service and back
    member        one endpoint: its state, and what a fault means for it
    breaker, watchdog, retries, patience, policy   the small decisions, each on its own
    writer, leases, accounting, loop_thread        ledger groups, shared slots, reports, the loop
    embedded      a real server on loopback when none is configured
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resources.llama_server_pool.accounting import BatchReport, EndpointReport
    from resources.llama_server_pool.order import BatchResult
    from resources.llama_server_pool.pool import LlamaServerPool
    from resources.llama_server_pool.status import EndpointStatus

__all__ = ["BatchReport", "BatchResult", "EndpointReport", "EndpointStatus", "LlamaServerPool"]

_HOMES = {
    "BatchReport": "accounting",
    "BatchResult": "order",
    "EndpointReport": "accounting",
    "EndpointStatus": "status",
    "LlamaServerPool": "pool",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
