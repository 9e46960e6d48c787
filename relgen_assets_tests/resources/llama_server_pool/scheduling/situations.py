"""A fast and a slow server, and requests for them."""

from __future__ import annotations

from collections.abc import Iterable

from resources.llama_server_pool.scheduling.values import (
    Assignment,
    EndpointProfile,
    QueuedRequest,
    Usage,
)

FAST = EndpointProfile("fast", 1, 4096, prefill_rate=1000.0, decode_rate=20.0)
SLOW = EndpointProfile("slow", 1, 4096, prefill_rate=100.0, decode_rate=2.0)


def requests(
    count: int, *, expected: float | None = 200.0, affinity: str = ""
) -> list[QueuedRequest]:
    return [
        QueuedRequest(f"{affinity or 'request'}-{i}", 100, 500, expected, affinity)
        for i in range(count)
    ]


def placed(orders: Iterable[Assignment]) -> dict[str, list[str]]:
    places: dict[str, list[str]] = {}
    for order in orders:
        places.setdefault(order.endpoint, []).append(order.request_id)
    return places


def usage(tokens: int = 200, seconds: float = 10.0, *, cached: int = 0) -> Usage:
    return Usage(100, cached, tokens, 0.1, seconds)
