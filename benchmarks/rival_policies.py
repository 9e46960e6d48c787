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

from resources.llama_server_pool.jobs import Assignment, EndpointProfile, Job, Usage

CLIENT_CONCURRENCY = 64
"""Requests that a client of an early-binding balancer keeps open at the same time."""


@dataclass(slots=True)
class Member:
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
    """What the rivals share: one queue of requests not yet sent, and the book of copies."""

    def __init__(self, endpoints: Iterable[EndpointProfile], seed: int = 0) -> None:
        self.members = [Member(one.name, one.slots) for one in endpoints]
        self.random = Random(seed)
        self._waiting: deque[str] = deque()
        self._copies: dict[int, tuple[str, Member]] = {}
        self._left = 0
        self._numbers = count(1)

    @property
    def outstanding(self) -> int:
        """Requests without answer."""
        return self._left

    def submit(self, jobs: Iterable[Job], now: float) -> list[str]:
        """Take requests."""
        before = len(self._waiting)
        self._waiting.extend(job.id for job in jobs)
        self._left += len(self._waiting) - before
        return []

    @abstractmethod
    def assign(self, now: float) -> list[Assignment]:
        """Start requests."""

    def progress(self, copy: int, tokens: int, now: float) -> None:
        """Ignore it: no rival looks at progress."""

    def complete(self, copy: int, usage: Usage, now: float) -> list[int]:
        """Note an answer."""
        _, member = self._copies.pop(copy)
        member.running.discard(copy)
        self._left -= 1
        return []

    def fail(self, copy: int, now: float) -> None:
        """Send a request again, before the others."""
        job, member = self._copies.pop(copy)
        member.running.discard(copy)
        self._waiting.appendleft(job)

    def release(self, copy: int, now: float) -> None:
        """Nothing is ever cancelled."""

    def set_slots(self, endpoint: str, slots: int, now: float) -> None:
        """Take a server out, with what was sent there, or back in."""
        member = next(one for one in self.members if one.name == endpoint)
        member.slots = slots
        if slots == 0:
            self._waiting.extendleft(member.queued)
            member.queued.clear()

    def next_decision(self, now: float) -> float | None:
        """Decide on events only."""
        return None

    def start(self, job: str, member: Member) -> Assignment:
        """Put a request on a slot."""
        number = next(self._numbers)
        self._copies[number] = (job, member)
        member.running.add(number)
        return Assignment(number, job, member.name, hedge=False)


class EarlyBinding(Rival):
    """Requests are sent while the client has open ones to spare, and wait at the server."""

    @abstractmethod
    def choose(self, alive: list[Member]) -> Member:
        """The server that gets the next request."""

    def assign(self, now: float) -> list[Assignment]:
        """Send requests to servers, and let free slots begin with what is there."""
        alive = [one for one in self.members if one.slots]
        open_requests = sum(one.in_flight for one in alive)
        while self._waiting and alive and open_requests < CLIENT_CONCURRENCY:
            self.choose(alive).queued.append(self._waiting.popleft())
            open_requests += 1
        started: list[Assignment] = []
        for member in alive:
            while member.queued and len(member.running) < member.slots:
                started.append(self.start(member.queued.popleft(), member))
        return started


class RoundRobin(EarlyBinding):
    """One after the other."""

    turn = -1

    def choose(self, alive: list[Member]) -> Member:
        """The next one in the list."""
        self.turn += 1
        return alive[self.turn % len(alive)]


class LeastBusy(EarlyBinding):
    """The server with the fewest open requests."""

    def choose(self, alive: list[Member]) -> Member:
        """The least busy one; ties are drawn."""
        least = min(one.in_flight for one in alive)
        return self.random.choice([one for one in alive if one.in_flight == least])


class PowerOfTwo(EarlyBinding):
    """The less busy of two servers drawn at random."""

    def choose(self, alive: list[Member]) -> Member:
        """Draw two, take the less busy one."""
        pair = self.random.sample(alive, min(2, len(alive)))
        return min(pair, key=lambda one: one.in_flight)


class LateLeastConnections(Rival):
    """Requests wait at the balancer; a free slot of the server with fewest connections gets one."""

    def assign(self, now: float) -> list[Assignment]:
        """Fill free slots, the server with fewest connections first."""
        started: list[Assignment] = []
        while self._waiting:
            free = [one for one in self.members if len(one.running) < one.slots]
            if not free:
                break
            member = min(free, key=lambda one: len(one.running))
            started.append(self.start(self._waiting.popleft(), member))
        return started


class PlainPull(Rival):
    """Every slot takes the next request when it is free, the slots of a server one by one."""

    def assign(self, now: float) -> list[Assignment]:
        """Fill free slots in the order of the servers."""
        started: list[Assignment] = []
        for member in self.members:
            while self._waiting and len(member.running) < member.slots:
                started.append(self.start(self._waiting.popleft(), member))
        return started


RIVALS: dict[str, type[Rival]] = {
    "plain pull": PlainPull,
    "late binding, least connections": LateLeastConnections,
    "power of two": PowerOfTwo,
    "least busy": LeastBusy,
    "round robin": RoundRobin,
}
