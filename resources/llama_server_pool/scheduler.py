"""The policy of the pool, pure: which endpoint takes which job when.

No clock, no sockets, no asyncio: the caller says what happened and what time it is. The dispatcher
runs it on real servers, the simulator in simulated time. Additions to the values exchanged are in
`jobs` (`Job.family` is optional).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from resources.llama_server_pool.estimator import SpeedEstimator
from resources.llama_server_pool.jobs import (
    Assignment,
    EndpointProfile,
    Job,
    PolicyOptions,
    Usage,
)

__all__ = ["Assignment", "EndpointProfile", "Job", "PolicyOptions", "Scheduler", "Usage"]


@dataclass(slots=True)
class _Copy:
    number: int
    job: str
    endpoint: str
    started: float
    first_token: float | None = None
    tokens: int = 0
    seen: float = 0.0
    cancelled: bool = False


@dataclass(slots=True)
class _Endpoint:
    name: str
    slots: int
    context: int | None
    speed: SpeedEstimator
    copies: set[int] = field(default_factory=set[int])

    def fits(self, job: Job) -> bool:
        return self.context is None or job.context_needed <= self.context


@dataclass(slots=True)
class _Entry:
    job: Job
    copies: set[int] = field(default_factory=set[int])
    avoid: set[str] = field(default_factory=set[str])


class Scheduler:
    """Decides where jobs run; see the module's docstring and `jobs` for the values."""

    def __init__(
        self, endpoints: Iterable[EndpointProfile], options: PolicyOptions | None = None
    ) -> None:
        self._options = options or PolicyOptions()
        self._endpoints = {
            profile.name: _Endpoint(
                profile.name,
                profile.slots,
                profile.context,
                SpeedEstimator(profile.prefill_rate, profile.decode_rate),
            )
            for profile in endpoints
        }
        self._jobs: dict[str, _Entry] = {}
        self._queue: dict[str, None] = {}
        self._copies: dict[int, _Copy] = {}
        self._next_copy = 1
        self._length_sum, self._length_count = 300.0, 1

    @property
    def outstanding(self) -> int:
        """Jobs submitted and neither complete nor withdrawn."""
        return len(self._jobs)

    def submit(self, jobs: Iterable[Job], now: float) -> list[str]:
        """Queue jobs; returns the ids of those that fit no endpoint's context."""
        rejected: list[str] = []
        for job in jobs:
            if not any(endpoint.fits(job) for endpoint in self._endpoints.values()):
                rejected.append(job.id)
                continue
            self._jobs[job.id] = _Entry(job)
            self._queue[job.id] = None
        return rejected

    def assign(self, now: float) -> list[Assignment]:
        """Start copies on idle slots, as far as the policy wants any."""
        started: list[Assignment] = []
        order = sorted(
            self._endpoints.values(), key=lambda one: -one.speed.decode_rate(len(one.copies) + 1)
        )
        for endpoint in order:
            while len(endpoint.copies) < endpoint.slots:
                choice = self._pick(endpoint, now)
                if choice is None:
                    break
                started.append(self._start(choice, endpoint, now))
        return started

    def _pick(self, endpoint: _Endpoint, now: float) -> str | None:
        fitting = False
        for name in self._queue:
            entry = self._jobs[name]
            if not endpoint.fits(entry.job):
                continue
            fitting = True
            others = [
                one
                for one in self._endpoints.values()
                if one is not endpoint and one.slots and one.fits(entry.job)
            ]
            if endpoint.name in entry.avoid and any(one.name not in entry.avoid for one in others):
                continue
            usable = [one for one in others if one.name not in entry.avoid]
            if now + self._service(entry.job, endpoint) <= self._horizon(usable, now):
                return name
            break
        return None if fitting or not self._options.hedging else self._hedge(endpoint, now)

    def _hedge(self, endpoint: _Endpoint, now: float) -> str | None:
        best: tuple[float, str] | None = None
        for copy in self._copies.values():
            entry = self._jobs.get(copy.job)
            if entry is None or copy.cancelled or len(entry.copies) != 1:
                continue
            if copy.endpoint == endpoint.name or not endpoint.fits(entry.job):
                continue
            remaining = self._finish(copy, now) - now
            if self._service(entry.job, endpoint) < self._options.hedge_gain * remaining and (
                best is None or remaining > best[0]
            ):
                best = (remaining, copy.job)
        return best[1] if best else None

    def _start(self, job: str, endpoint: _Endpoint, now: float) -> Assignment:
        entry = self._jobs[job]
        hedge = bool(entry.copies)
        copy = _Copy(self._next_copy, job, endpoint.name, now, seen=now)
        self._next_copy += 1
        self._copies[copy.number] = copy
        endpoint.copies.add(copy.number)
        entry.copies.add(copy.number)
        self._queue.pop(job, None)
        return Assignment(copy.number, job, endpoint.name, hedge)

    def _expected_length(self, job: Job) -> float:
        if job.expected_tokens is not None:
            return job.expected_tokens
        return min(self._length_sum / self._length_count, job.max_tokens)

    def _service(self, job: Job, endpoint: _Endpoint) -> float:
        speed = endpoint.speed
        return job.prompt_tokens / speed.prefill_rate() + self._expected_length(
            job
        ) / speed.decode_rate(len(endpoint.copies) + 1)

    def _finish(self, copy: _Copy, now: float) -> float:
        entry, endpoint = self._jobs[copy.job], self._endpoints[copy.endpoint]
        if copy.first_token is None:
            return max(now, copy.started + self._service(entry.job, endpoint))
        left = max(1.0, self._expected_length(entry.job) - copy.tokens)
        return max(now, copy.seen + left / endpoint.speed.decode_rate(len(endpoint.copies)))

    def _horizon(self, others: list[_Endpoint], now: float) -> float:
        """When the others would be through with the queue and what they run, as a fluid."""
        work = sum(self._expected_length(self._jobs[name].job) for name in self._queue)
        if not any(one.slots for one in others):
            return float("inf")
        slots: list[tuple[float, float]] = []
        for one in others:
            rate = one.speed.decode_rate(one.slots)
            ends = [self._finish(self._copies[n], now) for n in one.copies if n in self._copies]
            ends += [now] * (one.slots - len(ends))
            slots += [(end, rate) for end in ends]
        slots.sort()
        total, weighted, best = 0.0, 0.0, float("inf")
        for end, rate in slots:
            total += rate
            weighted += rate * end
            best = min(best, (work + weighted) / total)
        fastest = max(rate for _, rate in slots)
        return max(best, now + work / max(1, len(self._queue)) / fastest)

    def progress(self, copy: int, tokens: int, now: float) -> None:
        """Tell how many tokens a copy has decoded; the first call ends its prefill."""
        running = self._copies.get(copy)
        if running is None or running.cancelled:
            return
        speed = self._endpoints[running.endpoint].speed
        if running.first_token is None:
            running.first_token = now
        elif tokens > running.tokens:
            busy = len(self._endpoints[running.endpoint].copies)
            speed.observe_decode(tokens - running.tokens, now - running.seen, busy)
        running.tokens, running.seen = tokens, now

    def complete(self, copy: int, usage: Usage, now: float) -> list[int]:
        """A copy answered: its job is done. Returns the other copies, to be cancelled."""
        running = self._copies.pop(copy)
        endpoint = self._endpoints[running.endpoint]
        busy = len(endpoint.copies)
        endpoint.copies.discard(copy)
        endpoint.speed.observe_prefill(
            usage.prompt_tokens - usage.cached_tokens, usage.prefill_seconds
        )
        endpoint.speed.observe_decode(usage.completion_tokens, usage.decode_seconds, busy)
        entry = self._jobs.pop(running.job, None)
        if running.cancelled or entry is None:
            return []
        self._length_sum += usage.completion_tokens
        self._length_count += 1
        return self._cancel(entry.copies - {copy})

    def _cancel(self, copies: set[int]) -> list[int]:
        for number in copies:
            self._copies[number].cancelled = True
        return sorted(copies)

    def fail(self, copy: int, now: float, *, requeue: bool = True, avoid: bool = True) -> None:
        """A copy ended without an answer; its job goes back to the queue unless another runs."""
        running = self._copies.pop(copy)
        self._endpoints[running.endpoint].copies.discard(copy)
        entry = self._jobs.get(running.job)
        if entry is None or running.cancelled:
            return
        entry.copies.discard(copy)
        if avoid:
            entry.avoid.add(running.endpoint)
        if entry.copies:
            return
        if requeue:
            self._queue[running.job] = None
        else:
            del self._jobs[running.job]

    def release(self, copy: int, now: float) -> None:
        """A cancelled copy is gone from its server: its slot is free again."""
        running = self._copies.pop(copy, None)
        if running is not None:
            self._endpoints[running.endpoint].copies.discard(copy)

    def withdraw(self, job: str, now: float) -> list[int]:
        """Give a job up; returns its running copies, to be cancelled."""
        entry = self._jobs.pop(job, None)
        if entry is None:
            return []
        self._queue.pop(job, None)
        return self._cancel(entry.copies)

    def set_slots(self, endpoint: str, slots: int, now: float) -> None:
        """Change the number of slots; 0 takes the endpoint out of service."""
        self._endpoints[endpoint].slots = slots

    def set_context(self, endpoint: str, context: int, now: float) -> list[str]:
        """Learn an endpoint's context; gives up and returns queued jobs that now fit nowhere."""
        self._endpoints[endpoint].context = context
        lost = [
            name
            for name in self._queue
            if not any(one.fits(self._jobs[name].job) for one in self._endpoints.values())
        ]
        for name in lost:
            del self._queue[name], self._jobs[name]
        return lost

    def expected_seconds(self, job: str, endpoint: str) -> float | None:
        """Expected time of a job on an endpoint; `None` when nothing is known of its speed."""
        entry = self._jobs.get(job)
        one = self._endpoints[endpoint]
        return None if entry is None or not one.speed.known else self._service(entry.job, one)

    def next_decision(self, now: float) -> float | None:
        """When to call `assign` again although nothing happens; `None`: only after events."""
        idle = any(len(one.copies) < one.slots for one in self._endpoints.values())
        return now + self._options.review_seconds if idle and self._jobs else None
