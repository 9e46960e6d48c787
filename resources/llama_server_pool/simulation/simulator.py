"""The policy in simulated time: the same `Scheduler`, with servers that follow simple arithmetic.

Event-driven and deterministic. Servers are independent, prefill at a fixed rate and decode at a
rate that depends on how many of their slots are busy; they may change speed, die and come back.
Fleets and workloads are defined in `workload`; estimates of long runs are in `estimate`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Protocol

from resources.errors import NoEndpointLeft
from resources.llama_server_pool.scheduling.scheduler import Scheduler
from resources.llama_server_pool.scheduling.values import Assignment, QueuedRequest, Usage
from resources.llama_server_pool.simulation.simulated_server import Run, ServerAccount, ServerState
from resources.llama_server_pool.simulation.workload import SimulatedRequest, SimulatedServer

CANCEL_SECONDS = 0.1
"""Seconds from the cancellation of an attempt until its slot is free."""
DETECT_SECONDS = 5.0
"""Seconds from the death of a server until the policy learns about it."""
REPORT_TOKENS = 32
"""Tokens between two progress reports."""
_NEGLIGIBLE = 1e-6
_SERVER, _CHANGE, _DETECT, _RELEASE, _REVIEW, _HEAR = range(6)


class Policy(Protocol):
    """What the simulator needs from a policy: `Scheduler`, or a rival in the benchmarks."""

    @property
    def outstanding(self) -> int: ...  # noqa: D102
    def submit(self, requests: Iterable[QueuedRequest], now: float) -> list[str]: ...  # noqa: D102
    def assign(self, now: float) -> list[Assignment]: ...  # noqa: D102
    def progress(self, attempt: int, tokens: int, now: float) -> None: ...  # noqa: D102
    def complete(self, attempt: int, usage: Usage, now: float) -> list[int]: ...  # noqa: D102
    def fail(self, attempt: int, now: float) -> None: ...  # noqa: D102
    def release(self, attempt: int, now: float) -> None: ...  # noqa: D102
    def set_slots(self, endpoint: str, slots: int, now: float) -> None: ...  # noqa: D102
    def hear_late(self, seconds: float) -> None: ...  # noqa: D102
    def next_decision(self, now: float) -> float | None: ...  # noqa: D102


@dataclass(slots=True)
class SimulationResult:
    """What happened to a batch.

    Attributes:
        makespan: Seconds until the last answer.
        completed: Ids of the answered requests, in the order of their answers.
        rejected: Ids of the requests that fit no server.
        hedges: Number of hedges started.
        doubled: Number of answers generated in full for a request that another one had answered.
        failures: Number of attempts that died with their server.
        servers: The account of each server.
    """

    makespan: float = 0.0
    completed: list[str] = field(default_factory=list[str])
    rejected: list[str] = field(default_factory=list[str])
    hedges: int = 0
    doubled: int = 0
    failures: int = 0
    servers: dict[str, ServerAccount] = field(default_factory=dict[str, ServerAccount])

    @property
    def wasted_tokens(self) -> float:
        """Tokens decoded in vain, over all servers."""
        return sum(account.wasted_tokens for account in self.servers.values())

    @property
    def answer_tokens(self) -> int:
        """Tokens of all answers."""
        return sum(account.answer_tokens for account in self.servers.values())


class Simulation:
    """One batch on one fleet under one policy.

    Args:
        fleet: The servers.
        work: The batch; all of it is submitted at time 0.
        policy: The policy; by default a `Scheduler` that knows the servers' nominal speeds.
        report_tokens: Tokens between two progress reports.
        deaf_seconds: A busy client hears of tokens and answers only at multiples of this many
            seconds, and takes what it hears for new; 0 for one that hears everything at once.
    """

    def __init__(
        self,
        fleet: Sequence[SimulatedServer],
        work: Sequence[SimulatedRequest],
        policy: Policy | None = None,
        report_tokens: int = REPORT_TOKENS,
        deaf_seconds: float = 0.0,
    ) -> None:
        self._servers = {model.name: ServerState(model) for model in fleet}
        self._work = {each.request.id: each for each in work}
        self._policy = policy or Scheduler(model.profile for model in fleet)
        self._report = report_tokens
        self._deaf = deaf_seconds
        self._policy.hear_late(deaf_seconds)
        self._unheard: deque[Callable[[float], bool]] = deque()
        self._attempts: dict[int, ServerState] = {}
        self._events: list[tuple[float, int, int, str, float]] = []
        self._numbers = count()
        self._review_at: float | None = None
        self.result = SimulationResult(
            servers={name: server.account for name, server in self._servers.items()}
        )

    def run(self) -> SimulationResult:
        """Run the batch to its end.

        Raises:
            NoEndpointLeft: The fleet stands idle although work is left.
        """
        self.result.rejected = self._policy.submit(
            (each.request for each in self._work.values()), 0.0
        )
        for server in self._servers.values():
            for time, factor in server.model.changes:
                self._push(time, _CHANGE, server.model.name, factor)
        self._decide(0.0)
        while self._policy.outstanding:
            if not self._events:
                raise NoEndpointLeft(
                    f"{self._policy.outstanding} requests wait and no simulated server works",
                    remedy="Let a server come back, or give one a context that holds all requests.",
                )
            now, _, kind, name, value = heappop(self._events)
            if self._handle(now, kind, name, value):
                self._decide(now)
        return self.result

    def _push(self, time: float, kind: int, name: str, value: float = 0.0) -> None:
        heappush(self._events, (time, next(self._numbers), kind, name, value))

    def _schedule(self, server: ServerState) -> None:
        """Replace the server's next event."""
        server.version += 1
        time = server.next_event()
        if time is not None:
            self._push(time, _SERVER, server.model.name, server.version)

    def _handle(self, now: float, kind: int, name: str, value: float) -> bool:
        """Process an event; return whether it may change the policy's decisions."""
        if kind == _REVIEW:
            due = self._review_at == now
            self._review_at = None if due else self._review_at
            return due
        if kind == _RELEASE:
            return self._release(int(value), now)
        if kind == _HEAR:
            return self._unheard.popleft()(now)
        server = self._servers[name]
        if kind == _SERVER:
            return value == server.version and self._progress(server, now)
        if kind == _CHANGE:
            return self._change(server, value, now)
        return self._detect(server, now)

    def _progress(self, server: ServerState, now: float) -> bool:
        server.advance(now)
        decide = False
        for run in list(server.runs.values()):
            if run.decoding_since is None:
                if run.prefill <= _NEGLIGIBLE:
                    run.decoding_since = now
                    decide |= self._tell(partial(self._reported, run.attempt, 0), now)
            elif run.decode <= _NEGLIGIBLE:
                decide |= self._complete(server, run, now)
            elif run.report <= _NEGLIGIBLE:
                run.report = self._report
                tokens = round(run.work.answer - run.decode)
                decide |= self._tell(partial(self._reported, run.attempt, tokens), now)
        self._schedule(server)
        return decide

    def _tell(self, news: Callable[[float], bool], now: float) -> bool:
        """Tell the policy now, or when the client hears it; return whether to decide now."""
        if not self._deaf:
            return news(now)
        self._unheard.append(news)
        self._push(math.ceil(now / self._deaf) * self._deaf, _HEAR, "")
        return False

    def _reported(self, attempt: int, tokens: int, now: float) -> bool:
        self._policy.progress(attempt, tokens, now)
        return False

    def _complete(self, server: ServerState, run: Run, now: float) -> bool:
        server.end(run.attempt)
        del self._attempts[run.attempt]
        since = run.decoding_since or now
        usage = Usage(
            run.work.request.prompt_tokens,
            run.cached,
            run.work.answer,
            since - run.started,
            now - since,
        )
        return self._tell(partial(self._answered, server, run, usage), now)

    def _answered(self, server: ServerState, run: Run, usage: Usage, now: float) -> bool:
        before = self._policy.outstanding
        losers = self._policy.complete(run.attempt, usage, now)
        if self._policy.outstanding == before:
            server.account.wasted_tokens += run.work.answer
            self.result.doubled += 1
            return True
        server.account.answers += 1
        server.account.answer_tokens += run.work.answer
        server.account.prompt_tokens += usage.prompt_tokens - usage.cached_tokens
        self.result.completed.append(run.work.request.id)
        self.result.makespan = now
        for attempt in losers:
            self._push(now + CANCEL_SECONDS, _RELEASE, "", attempt)
        return True

    def _release(self, attempt: int, now: float) -> bool:
        server = self._attempts.get(attempt)
        if server is None:
            return False
        self._drop(server, attempt, now)
        self._policy.release(attempt, now)
        self._schedule(server)
        return True

    def _drop(self, server: ServerState, attempt: int, now: float) -> None:
        server.advance(now)
        run = server.end(attempt)
        del self._attempts[attempt]
        server.account.wasted_tokens += run.work.answer - run.decode

    def _change(self, server: ServerState, factor: float, now: float) -> bool:
        server.advance(now)
        server.factor = factor
        self._schedule(server)
        if factor <= 0:
            self._push(now + DETECT_SECONDS, _DETECT, server.model.name)
        elif server.declared_dead:
            server.declared_dead = False
            self._policy.set_slots(server.model.name, server.model.slots, now)
        return True

    def _detect(self, server: ServerState, now: float) -> bool:
        if server.factor > 0:
            return False
        server.declared_dead = True
        for attempt in list(server.runs):
            self._drop(server, attempt, now)
            self._policy.fail(attempt, now)
            self.result.failures += 1
        self._policy.set_slots(server.model.name, 0, now)
        return True

    def _decide(self, now: float) -> None:
        touched: dict[str, ServerState] = {}
        for order in self._policy.assign(now):
            server = touched[order.endpoint] = self._servers[order.endpoint]
            server.start(order.attempt, self._work[order.request_id], now, self._report)
            self._attempts[order.attempt] = server
            self.result.hedges += order.hedge
        for server in touched.values():
            self._schedule(server)
        review = self._policy.next_decision(now)
        if review is not None and (self._review_at is None or self._review_at <= now):
            self._review_at = review
            self._push(review, _REVIEW, "")


def simulate(
    fleet: Sequence[SimulatedServer],
    work: Sequence[SimulatedRequest],
    policy: Policy | None = None,
    report_tokens: int = REPORT_TOKENS,
    deaf_seconds: float = 0.0,
) -> SimulationResult:
    """Run a batch on a simulated fleet; see `Simulation`."""
    return Simulation(fleet, work, policy, report_tokens, deaf_seconds).run()
