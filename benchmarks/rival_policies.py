"""Other ways to spread requests over servers, for the simulator.

The balancers in use bind a request to a server either when it arrives (round robin, least busy,
power of two choices) or when a slot becomes free (late binding with least connections, as HAProxy
does it with `maxconn`; plain pull from a shared queue). None of them looks at speeds or runs a
request twice. Requests of a server that dies are sent again.
"""

# ruff: noqa: ARG002, B027 - the methods are those the simulator calls; a rival ignores most of them

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from random import Random

from resources.llama_server_pool.scheduling.values import (
    Assignment,
    EndpointProfile,
    QueuedRequest,
    Usage,
)

CLIENT_CONCURRENCY = 64
"""Requests that a client of an early-binding balancer keeps open at the same time."""


@dataclass(slots=True)
class BalancedServer:
    """A server as a balancer sees it: its slots, what runs there and what waits there."""

    name: str
    slots: int
    running: set[int] = field(default_factory=set[int])
    queued: deque[str] = field(default_factory=deque[str])

    @property
    def in_flight(self) -> int:
        """Open requests."""
        return len(self.running) + len(self.queued)


class Rival(ABC):
    """What the rivals share: one queue of requests not yet sent, and the book of attempts."""

    def __init__(self, endpoints: Iterable[EndpointProfile], seed: int = 0) -> None:
        self.endpoints = [BalancedServer(one.name, one.slots) for one in endpoints]
        self.random = Random(seed)
        self._waiting: deque[str] = deque()
        self._attempts: dict[int, tuple[str, BalancedServer]] = {}
        self._left = 0
        self._numbers = count(1)

    @property
    def outstanding(self) -> int:
        """Requests without answer."""
        return self._left

    def submit(self, requests: Iterable[QueuedRequest], now: float) -> list[str]:
        """Take requests."""
        before = len(self._waiting)
        self._waiting.extend(request.id for request in requests)
        self._left += len(self._waiting) - before
        return []

    def hear_late(self, seconds: float) -> None:
        """Ignore it: no rival hedges."""

    @abstractmethod
    def assign(self, now: float) -> list[Assignment]:
        """Start requests."""

    def progress(self, attempt: int, tokens: int, now: float) -> None:
        """Ignore it: no rival looks at progress."""

    def complete(self, attempt: int, usage: Usage, now: float) -> list[int]:
        """Note an answer."""
        _, endpoint = self._attempts.pop(attempt)
        endpoint.running.discard(attempt)
        self._left -= 1
        return []

    def fail(self, attempt: int, now: float) -> None:
        """Send a request again, before the others."""
        request_id, endpoint = self._attempts.pop(attempt)
        endpoint.running.discard(attempt)
        self._waiting.appendleft(request_id)

    def release(self, attempt: int, now: float) -> None:
        """Nothing is ever cancelled."""

    def set_slots(self, endpoint: str, slots: int, now: float) -> None:
        """Take a server out, with what was sent there, or back in."""
        server = next(one for one in self.endpoints if one.name == endpoint)
        server.slots = slots
        if slots == 0:
            self._waiting.extendleft(server.queued)
            server.queued.clear()

    def next_decision(self, now: float) -> float | None:
        """Decide on events only."""
        return None

    def start(self, request_id: str, endpoint: BalancedServer) -> Assignment:
        """Put a request on a slot."""
        number = next(self._numbers)
        self._attempts[number] = (request_id, endpoint)
        endpoint.running.add(number)
        return Assignment(number, request_id, endpoint.name, hedge=False)


class EarlyBinding(Rival):
    """Requests are sent while the client has open ones to spare, and wait at the server."""

    @abstractmethod
    def choose(self, alive: list[BalancedServer]) -> BalancedServer:
        """The server that gets the next request."""

    def assign(self, now: float) -> list[Assignment]:
        """Send requests to servers, and let free slots begin with what is there."""
        alive = [one for one in self.endpoints if one.slots]
        open_requests = sum(one.in_flight for one in alive)
        while self._waiting and alive and open_requests < CLIENT_CONCURRENCY:
            self.choose(alive).queued.append(self._waiting.popleft())
            open_requests += 1
        started: list[Assignment] = []
        for endpoint in alive:
            while endpoint.queued and len(endpoint.running) < endpoint.slots:
                started.append(self.start(endpoint.queued.popleft(), endpoint))
        return started


class RoundRobin(EarlyBinding):
    """One after the other."""

    turn = -1

    def choose(self, alive: list[BalancedServer]) -> BalancedServer:
        """The next one in the list."""
        self.turn += 1
        return alive[self.turn % len(alive)]


class LeastBusy(EarlyBinding):
    """The server with the fewest open requests."""

    def choose(self, alive: list[BalancedServer]) -> BalancedServer:
        """The least busy one; ties are drawn."""
        least = min(one.in_flight for one in alive)
        return self.random.choice([one for one in alive if one.in_flight == least])


class PowerOfTwo(EarlyBinding):
    """The less busy of two servers drawn at random."""

    def choose(self, alive: list[BalancedServer]) -> BalancedServer:
        """Draw two, take the less busy one."""
        pair = self.random.sample(alive, min(2, len(alive)))
        return min(pair, key=lambda one: one.in_flight)


class LateLeastConnections(Rival):
    """Requests wait at the balancer; a free slot of the server with fewest connections gets one."""

    def assign(self, now: float) -> list[Assignment]:
        """Fill free slots, the server with fewest connections first."""
        started: list[Assignment] = []
        while self._waiting:
            free = [one for one in self.endpoints if len(one.running) < one.slots]
            if not free:
                break
            endpoint = min(free, key=lambda one: len(one.running))
            started.append(self.start(self._waiting.popleft(), endpoint))
        return started


class PlainPull(Rival):
    """Every slot takes the next request when it is free, the slots of a server one by one."""

    def assign(self, now: float) -> list[Assignment]:
        """Fill free slots in the order of the servers."""
        started: list[Assignment] = []
        for endpoint in self.endpoints:
            while self._waiting and len(endpoint.running) < endpoint.slots:
                started.append(self.start(self._waiting.popleft(), endpoint))
        return started


RIVALS: dict[str, type[Rival]] = {
    "plain pull": PlainPull,
    "late binding, least connections": LateLeastConnections,
    "power of two": PowerOfTwo,
    "least busy": LeastBusy,
    "round robin": RoundRobin,
}
