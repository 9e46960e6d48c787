"""The policy of the pool, pure: which endpoint takes which job when.

No clock, no sockets, no asyncio: the caller says what happened and what time it is. The dispatcher
runs it on real servers, the simulator in simulated time.

The rules, and where they live:

- An idle slot takes a waiting job only if it would finish it no later than the rest of the fleet
  would finish everything that waits; the fastest endpoint that may take a job always does
  (`Scheduler._accepts`). So a slow endpoint sits out the tail, and work never stands still.
- When nothing waits for an endpoint, it may run a second copy (`hedging`).
- Which job: `job_queue`. How long it takes: `fleet`, from `estimator` and `lengths`.

Copies that were cancelled keep their slot until `release`, `complete` or `fail` is called for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from heapq import heapify, heapreplace

from resources.llama_server_pool.fleet import Copy, Endpoint, Entry
from resources.llama_server_pool.hedging import hedge_candidate
from resources.llama_server_pool.job_queue import JobQueue
from resources.llama_server_pool.jobs import (
    Assignment,
    EndpointProfile,
    Job,
    PolicyOptions,
    Usage,
)
from resources.llama_server_pool.lengths import Family, LengthModel, family_of

__all__ = ["Assignment", "EndpointProfile", "Job", "PolicyOptions", "Scheduler", "Usage"]

_PROMPT_WEIGHT = 0.05
"""Work of a prompt token over that of an answer token, for ordering only."""
_SLOW = 0.5
"""Endpoints below this share of the fastest decode speed prefer short jobs."""
_ROUGH_ROUNDS = 8
"""With more waiting jobs per slot than this, the rest's finish is computed as a fluid."""


class _Tally:
    """Count, prompt tokens and hinted answer tokens of the jobs that wait in one family."""

    __slots__ = ("count", "hints", "prompts")

    def __init__(self) -> None:
        self.count, self.prompts, self.hints = 0, 0, 0.0

    def add(self, job: Job, sign: int) -> None:
        self.count += sign
        self.prompts += sign * job.prompt_tokens
        self.hints += sign * (job.expected_tokens or 0.0)


class Scheduler:
    """Decides where jobs run.

    Args:
        endpoints: The fleet; names are unique.
        options: Constants of the policy.
    """

    def __init__(
        self, endpoints: Iterable[EndpointProfile], options: PolicyOptions | None = None
    ) -> None:
        self._options = options or PolicyOptions()
        self._endpoints = {profile.name: Endpoint(profile) for profile in endpoints}
        self._entries: dict[str, Entry] = {}
        self._copies: dict[int, Copy] = {}
        self._next_copy = 1
        self._lengths = LengthModel()
        self._stranded: list[str] = []
        self._classify()

    # Jobs come and go ---------------------------------------------------------------------------

    @property
    def outstanding(self) -> int:
        """Jobs submitted and neither complete nor given up."""
        return len(self._entries)

    @property
    def waiting(self) -> int:
        """Jobs of which no copy runs."""
        return len(self._queue)

    def submit(self, jobs: Iterable[Job], now: float) -> list[str]:  # noqa: ARG002
        """Let jobs wait.

        Returns:
            The ids of those that fit no endpoint's context; they are not kept.

        Raises:
            ValueError: A job of that id is outstanding.
        """
        rejected: list[str] = []
        for job in jobs:
            if job.id in self._entries:
                raise ValueError(f"job {job.id!r} is outstanding already")
            level = self._level(job)
            if level is None:
                rejected.append(job.id)
                continue
            answer = job.expected_tokens if job.expected_tokens is not None else job.max_tokens / 3
            entry = Entry(job, answer + _PROMPT_WEIGHT * job.prompt_tokens, level)
            self._entries[job.id] = entry
            self._enqueue(entry)
        return rejected

    def withdraw(self, job: str, now: float) -> list[int]:  # noqa: ARG002
        """Give a job up; returns its running copies, which are to be cancelled."""
        entry = self._entries.pop(job, None)
        if entry is None:
            return []
        if job in self._queue:
            self._dequeue(entry, None)
        return self._cancel(entry)

    def take_stranded(self) -> list[str]:
        """Jobs given up since the last call because they came back and fit nowhere any more."""
        stranded, self._stranded = self._stranded, []
        return stranded

    def _enqueue(self, entry: Entry) -> None:
        job = entry.job
        if entry.avoid:
            self._queue.put_back(job.id, entry.size, entry.avoid, entry.level)
        else:
            self._queue.add(job.id, entry.size, job.affinity, entry.level)
        self._tallies[entry.level][family_of(job)].add(job, 1)

    def _dequeue(self, entry: Entry, endpoint: str | None) -> None:
        self._queue.remove(entry.job.id, endpoint)
        self._tallies[entry.level][family_of(entry.job)].add(entry.job, -1)

    # The fleet changes --------------------------------------------------------------------------

    def set_slots(self, endpoint: str, slots: int, now: float) -> None:  # noqa: ARG002
        """Change the number of slots; 0 takes the endpoint out of service.

        Copies that run there are not touched: what becomes of them is told by `fail`.
        """
        self._endpoints[endpoint].slots = slots
        if slots == 0:
            self._queue.disown(endpoint)

    def set_context(self, endpoint: str, context: int, now: float) -> list[str]:  # noqa: ARG002
        """Learn an endpoint's context; gives up and returns waiting jobs that now fit nowhere."""
        if self._endpoints[endpoint].context == context:
            return []
        self._endpoints[endpoint].context = context
        waiting = self._queue.jobs()
        self._classify()
        lost: list[str] = []
        for entry in list(self._entries.values()):
            level = self._level(entry.job)
            if level is not None:
                entry.level = level
            elif not entry.copies:
                lost.append(entry.job.id)
                del self._entries[entry.job.id]
        for name in waiting:
            if name in self._entries:
                self._enqueue(self._entries[name])
        return lost

    def _classify(self) -> None:
        """Sort endpoints and queue by the contexts that exist."""
        unlimited = float("inf")
        sizes = {one: one.context or unlimited for one in self._endpoints.values()}
        self._contexts = sorted(set(sizes.values()))
        for one, size in sizes.items():
            one.level = self._contexts.index(size)
        self._queue = JobQueue(len(self._contexts))
        self._tallies = [defaultdict[Family, _Tally](_Tally) for _ in self._contexts]

    def _level(self, job: Job) -> int | None:
        """Context class of a job, `None` when no context holds it."""
        needed = job.context_needed
        for level, size in enumerate(self._contexts):
            if needed <= size:
                return level
        return None

    # Decisions ----------------------------------------------------------------------------------

    def assign(self, now: float) -> list[Assignment]:
        """Start copies on idle slots, as far as the policy wants any."""
        started: list[Assignment] = []
        undecided = [one for one in self._endpoints.values() if one.idle]
        while undecided and self._entries:
            endpoint = max(undecided, key=lambda one: one.next_rate)
            entry = self._choose(endpoint, now)
            if entry is not None:
                started.append(self._start(entry, endpoint, now))
            if entry is None or not endpoint.idle:
                undecided.remove(endpoint)
        return started

    def next_decision(self, now: float) -> float | None:
        """When to call `assign` again although nothing happens; `None`: only after events."""
        if not self._entries:
            return None
        idle = [one for one in self._endpoints.values() if one.idle]
        if not idle or not self._copies:
            return None
        return now + self._options.review_seconds

    def expected_seconds(self, job: str, endpoint: str) -> float | None:
        """Expected time of a job on an endpoint with all slots busy; `None` when unknown."""
        entry, one = self._entries.get(job), self._endpoints[endpoint]
        if entry is None or not one.speed.known:
            return None
        answer = self._lengths.expected(entry.job)
        return one.seconds(entry.job.prompt_tokens, answer, max(1, one.slots))

    def _choose(self, endpoint: Endpoint, now: float) -> Entry | None:
        longest = endpoint.next_rate >= _SLOW * self._fastest_rate()
        waits = False
        for level in range(endpoint.level, -1, -1):
            name = self._queue.peek(
                endpoint.name,
                level,
                endpoint.warm,
                longest,
                lambda avoid, at: self._barred(endpoint, avoid, at),
            )
            if name is None:
                continue
            waits = True
            entry = self._entries[name]
            if self._accepts(endpoint, entry, now):
                return entry
        if waits or not self._options.hedging:
            return None
        return hedge_candidate(
            endpoint, self._copies.values(), self._lengths, self._options.hedge_gain, now
        )

    def _fastest_rate(self) -> float:
        return max(one.speed.decode_rate(1) for one in self._endpoints.values() if one.slots)

    def _barred(self, endpoint: Endpoint, avoid: frozenset[str], level: int) -> bool:
        """Whether jobs that avoid some endpoints should wait for another one than this."""
        return endpoint.name in avoid and any(
            one.slots and one.level >= level and one.name not in avoid
            for one in self._endpoints.values()
        )

    def _accepts(self, endpoint: Endpoint, entry: Entry, now: float) -> bool:
        """Whether the endpoint would finish the job before the rest finishes everything."""
        rest = [
            one
            for one in self._endpoints.values()
            if one.slots and one.level >= entry.level and one.name not in entry.avoid
        ]
        rate = endpoint.next_rate
        if all(
            one.speed.decode_rate(len(one.copies)) <= rate for one in rest if one is not endpoint
        ):
            return True
        count, prompt, answer = self._mean_waiting(entry.level)
        need = self._options.guard * endpoint.service(entry.job, self._lengths)
        capacity = sum(one.slots / one.seconds(prompt, answer, one.slots) for one in rest)
        if count > need * capacity:
            return True
        return need <= self._rest_finish(endpoint, rest, count, prompt, answer, now)

    def _mean_waiting(self, level: int) -> tuple[int, float, float]:
        """Number, mean prompt and mean expected answer of the jobs that need such a context."""
        count, prompts, answers = 0, 0, 0.0
        for tallies in self._tallies[level:]:
            for family, tally in tallies.items():
                count += tally.count
                prompts += tally.prompts
                answers += self._lengths.mean(family) * (tally.hints if family[2] else tally.count)
        return count, prompts / max(1, count), answers / max(1, count)

    def _rest_finish(
        self,
        endpoint: Endpoint,
        rest: list[Endpoint],
        count: int,
        prompt: float,
        answer: float,
        now: float,
    ) -> float:
        """Seconds until everything that waits is done without one idle slot of `endpoint`.

        Jobs of mean size are given one by one to the slot that finishes them first.
        """
        ends: list[tuple[float, float]] = []
        for one in rest:
            service = one.seconds(prompt, answer, one.slots)
            free = one.slots - len(one.copies) - (one is endpoint)
            ends += [(service, service)] * free
            ends += [
                (copy.remaining(self._lengths, now) + service, service)
                for copy in one.copies.values()
            ]
        if not ends:
            return float("inf")
        heapify(ends)
        for _ in range(count - 1):
            end, service = ends[0]
            heapreplace(ends, (end + service, service))
        return ends[0][0]

    def _start(self, entry: Entry, endpoint: Endpoint, now: float) -> Assignment:
        job = entry.job
        hedge = bool(entry.copies)
        if not hedge:
            self._dequeue(entry, endpoint.name)
        warm = endpoint.is_warm(job)
        copy = Copy(self._next_copy, entry, endpoint, now, endpoint.cached_share(warm), warm)
        self._next_copy += 1
        self._copies[copy.number] = copy
        entry.copies[copy.number] = copy
        endpoint.start(copy, now)
        return Assignment(copy.number, job.id, endpoint.name, hedge)

    # Copies go on and end -----------------------------------------------------------------------

    def progress(self, copy: int, tokens: int, now: float) -> None:
        """Tell how many tokens a copy has decoded; the first call ends its prefill."""
        running = self._copies.get(copy)
        if running is not None and not running.cancelled:
            running.progress(tokens, now)

    def observe(self, endpoint: str, usage: Usage) -> None:
        """Learn an endpoint's speed from a probe: a request that was no job."""
        speed = self._endpoints[endpoint].speed
        speed.observe_prefill(usage.prompt_tokens - usage.cached_tokens, usage.prefill_seconds)
        speed.observe_decode(usage.completion_tokens, usage.decode_seconds, 1)

    def complete(self, copy: int, usage: Usage, now: float) -> list[int]:
        """A copy answered: its job is done.

        Returns:
            The other copies of the job, which are to be cancelled on their servers. Empty as well
            when the copy itself had been cancelled before its answer came.
        """
        running = self._end(copy, now)
        if running is None:
            return []
        running.finish(usage, now)
        if running.cancelled:
            return []
        entry = running.entry
        self._lengths.observe(entry.job, usage.completion_tokens)
        del self._entries[entry.job.id]
        return self._cancel(entry)

    def fail(self, copy: int, now: float, *, requeue: bool = True, avoid: bool = True) -> None:
        """A copy ended without a valid answer.

        Args:
            copy: Number of the copy.
            now: The time.
            requeue: Whether the job waits again; else it is given up. Nothing of the kind happens
                while another copy of it runs.
            avoid: Whether another endpoint is preferred for this job from now on.
        """
        running = self._end(copy, now)
        if running is None or running.cancelled:
            return
        entry = running.entry
        if avoid:
            entry.avoid |= {running.endpoint.name}
        if entry.copies:
            return
        level = self._level(entry.job)
        if not requeue or level is None:
            del self._entries[entry.job.id]
            if requeue:
                self._stranded.append(entry.job.id)
            return
        entry.level = level
        self._enqueue(entry)

    def release(self, copy: int, now: float) -> None:
        """A cancelled copy is gone from its server: its slot is free again."""
        self._end(copy, now)

    def _end(self, copy: int, now: float) -> Copy | None:
        running = self._copies.pop(copy, None)
        if running is not None:
            running.endpoint.end(running, now)
            running.entry.copies.pop(copy, None)
        return running

    def _cancel(self, entry: Entry) -> list[int]:
        numbers = sorted(entry.copies)
        for copy in entry.copies.values():
            copy.cancelled = True
        entry.copies.clear()
        return numbers
