"""The policy of the pool, pure: which endpoint takes which job when.

No clock, no sockets, no asyncio: the caller says what happened and what time it is. The dispatcher
runs it on real servers, the simulator in simulated time.

The rules, and where they live:

- An idle slot takes a waiting job only if it would finish it no later than the rest of the fleet
  would finish everything that waits: `guard`. So a slow endpoint sits out the tail.
- When nothing waits for an endpoint, it may run a second attempt of the job that would finish last:
  `hedging`. Such a job counts as waiting work when its second attempt would outlast all that waits:
  then it is begun first, as the longest job should be.
- Which job: `job_queue` and `backlog`. How long it takes: `fleet`, from `estimator` and `lengths`.

Copies that were cancelled keep their slot until `release`, `complete` or `fail` is called for them.
"""

from __future__ import annotations

from collections.abc import Iterable

from resources.llama_server_pool.scheduling.backlog import Backlog
from resources.llama_server_pool.scheduling.fleet import Attempt, EndpointLoad, Entry
from resources.llama_server_pool.scheduling.guard import Guard
from resources.llama_server_pool.scheduling.hedging import hedge_candidate
from resources.llama_server_pool.scheduling.lengths import LengthModel
from resources.llama_server_pool.scheduling.values import (
    Assignment,
    EndpointProfile,
    Job,
    PolicyOptions,
    Usage,
)

__all__ = ["Assignment", "EndpointProfile", "Job", "PolicyOptions", "Scheduler", "Usage"]

_PROMPT_WEIGHT = 0.05
"""Work of a prompt token over that of an answer token, for ordering only."""
_UNKNOWN_SHARE = 1 / 3
"""Share of `max_tokens` that an answer of unknown length is ordered by."""
_SLOW = 0.5
"""Endpoints below this share of the fastest decode speed prefer short jobs."""
_LAST_ROUNDS = 3
"""Stragglers are looked for when fewer jobs than this wait per slot."""


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
        self._endpoints = {profile.name: EndpointLoad(profile) for profile in endpoints}
        self._fleet = list(self._endpoints.values())
        self._entries: dict[str, Entry] = {}
        self._attempts: dict[int, Attempt] = {}
        self._next_attempt = 1
        self._lengths = LengthModel()
        self._backlog = Backlog(self._fleet)
        self._guard = Guard(self._fleet, self._backlog, self._lengths, self._options.guard)
        self._stranded: list[str] = []

    # Jobs come and go ---------------------------------------------------------------------------

    @property
    def outstanding(self) -> int:
        """Jobs submitted and neither complete nor given up."""
        return len(self._entries)

    @property
    def waiting(self) -> int:
        """Jobs of which no attempt runs."""
        return len(self._backlog)

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
            level = self._backlog.level(job)
            if level is None:
                rejected.append(job.id)
                continue
            entry = self._entries[job.id] = Entry(job, _size(job), level, job.avoid)
            self._backlog.add(entry)
        return rejected

    def withdraw(self, job: str, now: float) -> list[int]:  # noqa: ARG002
        """Give a job up; returns its running attempts, which are to be cancelled."""
        entry = self._entries.pop(job, None)
        if entry is None:
            return []
        if job in self._backlog:
            self._backlog.remove(entry)
        return self._cancel(entry)

    def take_stranded(self) -> list[str]:
        """Jobs given up since the last call because they came back and fit nowhere any more."""
        stranded, self._stranded = self._stranded, []
        return stranded

    # The fleet changes --------------------------------------------------------------------------

    def set_slots(self, endpoint: str, slots: int, now: float) -> None:  # noqa: ARG002
        """Change the number of slots; 0 takes the endpoint out of service.

        Copies that run there are not touched: what becomes of them is told by `fail`.
        """
        self._endpoints[endpoint].slots = slots
        if slots == 0:
            self._backlog.queue.disown(endpoint)

    def set_context(self, endpoint: str, context: int, now: float) -> list[str]:  # noqa: ARG002
        """Learn an endpoint's context; gives up and returns waiting jobs that now fit nowhere."""
        if self._endpoints[endpoint].context == context:
            return []
        self._endpoints[endpoint].context = context
        waited = self._backlog.classify()
        lost: list[str] = []
        for entry in list(self._entries.values()):
            level = self._backlog.level(entry.job)
            if level is not None:
                entry.level = level
            elif not entry.attempts:
                lost.append(entry.job.id)
                del self._entries[entry.job.id]
        for job in waited:
            if job in self._entries:
                self._backlog.add(self._entries[job])
        return lost

    # Decisions ----------------------------------------------------------------------------------

    def assign(self, now: float) -> list[Assignment]:
        """Start attempts on idle slots, as far as the policy wants any."""
        started: list[Assignment] = []
        undecided = [one for one in self._fleet if one.idle]
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
        idle = [one for one in self._fleet if one.idle]
        if not idle or not self._attempts:
            return None
        return now + self._options.review_seconds

    def expected_seconds(self, job: str, endpoint: str) -> float | None:
        """Expected time of a job on an endpoint with all slots busy; `None` when unknown."""
        entry, one = self._entries.get(job), self._endpoints[endpoint]
        if entry is None or not one.speed.known:
            return None
        answer = self._lengths.expected(entry.job)
        return one.seconds(entry.job.prompt_tokens, answer, max(1, one.slots))

    def expected_answer(self, job: str) -> float | None:
        """Expected length of a job's answer in tokens; `None` for a job that is not here."""
        entry = self._entries.get(job)
        return None if entry is None else self._lengths.expected(entry.job)

    def decode_rate(self, endpoint: str) -> float | None:
        """Tokens per second of one slot that works alone; `None` when unknown."""
        speed = self._endpoints[endpoint].speed
        return speed.decode_rate(1) if speed.known else None

    def _choose(self, endpoint: EndpointLoad, now: float) -> Entry | None:
        longest = endpoint.next_rate >= _SLOW * self._fastest_rate()
        waits = False
        for level in range(endpoint.level, -1, -1):
            name = self._backlog.queue.peek(
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
            if self._guard.accepts(endpoint, entry, now):
                return self._straggler(endpoint, entry, now) or entry
        return None if waits else self._hedge(endpoint, now)

    def _hedge(self, endpoint: EndpointLoad, now: float) -> Entry | None:
        if not self._options.hedging:
            return None
        return hedge_candidate(endpoint, self._attempts.values(), self._lengths, self._options, now)

    def _straggler(self, endpoint: EndpointLoad, entry: Entry, now: float) -> Entry | None:
        """A running job whose second attempt would outlast all that waits, `entry` included."""
        if len(self._backlog) > _LAST_ROUNDS * sum(one.slots for one in self._fleet):
            return None
        straggler = self._hedge(endpoint, now)
        if straggler is None:
            return None
        (attempt,) = straggler.attempts.values()
        need = endpoint.service(straggler.job, self._lengths, attempt.produced(now))
        return straggler if need >= self._guard.rest_finish(endpoint, entry, now) else None

    def _fastest_rate(self) -> float:
        return max(one.speed.decode_rate(1) for one in self._fleet if one.slots)

    def _barred(self, endpoint: EndpointLoad, avoid: frozenset[str], level: int) -> bool:
        """Whether jobs that avoid some endpoints should wait for another one than this."""
        return endpoint.name in avoid and any(
            one.slots and one.level >= level and one.name not in avoid for one in self._fleet
        )

    def _start(self, entry: Entry, endpoint: EndpointLoad, now: float) -> Assignment:
        job = entry.job
        hedge = bool(entry.attempts)
        if not hedge:
            self._backlog.remove(entry, endpoint.name)
        warm = endpoint.is_warm(job)
        attempt = Attempt(
            self._next_attempt, entry, endpoint, now, endpoint.cached_share(warm), warm
        )
        self._next_attempt += 1
        self._attempts[attempt.number] = attempt
        entry.attempts[attempt.number] = attempt
        endpoint.start(attempt, now)
        return Assignment(attempt.number, job.id, endpoint.name, hedge)

    # Copies go on and end -----------------------------------------------------------------------

    def progress(self, attempt: int, tokens: int, now: float) -> None:
        """Tell how many tokens an attempt has decoded; the first call ends its prefill."""
        running = self._attempts.get(attempt)
        if running is not None and not running.cancelled:
            running.progress(tokens, now)

    def observe(self, endpoint: str, usage: Usage) -> None:
        """Learn an endpoint's speed from a probe: a request that was no job."""
        speed = self._endpoints[endpoint].speed
        speed.observe_prefill(usage.prompt_tokens - usage.cached_tokens, usage.prefill_seconds)
        speed.observe_decode(usage.completion_tokens, usage.decode_seconds, 1)

    def complete(self, attempt: int, usage: Usage, now: float) -> list[int]:
        """An attempt answered: its job is done.

        Returns:
            The other attempts of the job, which are to be cancelled on their servers. Empty as well
            when the attempt itself had been cancelled before its answer came.
        """
        running = self._end(attempt, now)
        if running is None:
            return []
        running.finish(usage, now)
        if running.cancelled:
            return []
        entry = running.entry
        self._lengths.observe(entry.job, usage.completion_tokens)
        del self._entries[entry.job.id]
        return self._cancel(entry)

    def fail(self, attempt: int, now: float, *, requeue: bool = True, avoid: bool = True) -> None:
        """An attempt ended without a valid answer.

        Args:
            attempt: Number of the attempt.
            now: The time.
            requeue: Whether the job waits again; else it is given up. Nothing of the kind happens
                while another attempt of it runs.
            avoid: Whether another endpoint is preferred for this job from now on.
        """
        running = self._end(attempt, now)
        if running is None or running.cancelled:
            return
        entry = running.entry
        if avoid:
            entry.avoid |= {running.endpoint.name}
        if entry.attempts:
            return
        level = self._backlog.level(entry.job)
        if not requeue or level is None:
            del self._entries[entry.job.id]
            if requeue:
                self._stranded.append(entry.job.id)
            return
        entry.level = level
        self._backlog.add(entry)

    def release(self, attempt: int, now: float) -> None:
        """A cancelled attempt is gone from its server: its slot is free again."""
        self._end(attempt, now)

    def _end(self, attempt: int, now: float) -> Attempt | None:
        running = self._attempts.pop(attempt, None)
        if running is not None:
            running.endpoint.end(running, now)
            running.entry.attempts.pop(attempt, None)
        return running

    def _cancel(self, entry: Entry) -> list[int]:
        numbers = sorted(entry.attempts)
        for attempt in entry.attempts.values():
            attempt.cancelled = True
        entry.attempts.clear()
        return numbers


def _size(job: Job) -> float:
    """Rough work in answer tokens, by which waiting jobs are ordered."""
    answer = job.expected_tokens
    if answer is None:
        answer = _UNKNOWN_SHARE * job.max_tokens
    return answer + _PROMPT_WEIGHT * job.prompt_tokens
