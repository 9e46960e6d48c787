"""What waits: the queue, sorted by the contexts that exist, and how much work it is.

Which of it runs next on an endpoint is decided by `job_queue`, whether it should by `guard`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from resources.llama_server_pool.scheduling.fleet import EndpointLoad, Entry
from resources.llama_server_pool.scheduling.lengths import Family, LengthModel, family_of
from resources.llama_server_pool.scheduling.request_queue import JobQueue
from resources.llama_server_pool.scheduling.values import Job

_UNLIMITED = float("inf")


class _Tally:
    """Count, prompt tokens and hinted answer tokens of the jobs that wait in one family."""

    __slots__ = ("count", "hints", "prompts")

    def __init__(self) -> None:
        self.count, self.prompts, self.hints = 0, 0, 0.0

    def add(self, job: Job, sign: int) -> None:
        self.count += sign
        self.prompts += sign * job.prompt_tokens
        self.hints += sign * (job.expected_tokens or 0.0)


class Backlog:
    """The jobs of which no attempt runs.

    Args:
        endpoints: The fleet; their context classes are set here.
    """

    def __init__(self, endpoints: Iterable[EndpointLoad]) -> None:
        self._endpoints = list(endpoints)
        self.queue = JobQueue(0)
        self.classify()

    def __len__(self) -> int:
        return len(self.queue)

    def __contains__(self, job: str) -> bool:
        return job in self.queue

    def classify(self) -> list[str]:
        """Sort endpoints by their contexts and begin with an empty queue.

        Returns:
            The jobs that waited so far, in the order in which they came.
        """
        waited = self.queue.jobs()
        sizes = {one: one.context or _UNLIMITED for one in self._endpoints}
        self._contexts = sorted(set(sizes.values()))
        for one, size in sizes.items():
            one.level = self._contexts.index(size)
        self.queue = JobQueue(len(self._contexts))
        self._tallies = [defaultdict[Family, _Tally](_Tally) for _ in self._contexts]
        return waited

    def level(self, job: Job) -> int | None:
        """Context class of a job, `None` when no context holds it."""
        needed = job.context_needed
        for level, size in enumerate(self._contexts):
            if needed <= size:
                return level
        return None

    def add(self, entry: Entry) -> None:
        """Let a job wait."""
        job = entry.job
        if entry.avoid:
            self.queue.put_back(job.id, entry.size, entry.avoid, entry.level)
        else:
            self.queue.add(job.id, entry.size, job.affinity, entry.level)
        self._tallies[entry.level][family_of(job)].add(job, 1)

    def remove(self, entry: Entry, endpoint: str | None = None) -> None:
        """Take a job out, to run it on `endpoint` or to give it up."""
        self.queue.remove(entry.job.id, endpoint)
        self._tallies[entry.level][family_of(entry.job)].add(entry.job, -1)

    def mean(self, level: int, lengths: LengthModel) -> tuple[int, float, float]:
        """Number, mean prompt and mean expected answer of the jobs that need such a context."""
        count, prompts, answers = 0, 0, 0.0
        for tallies in self._tallies[level:]:
            for family, tally in tallies.items():
                count += tally.count
                prompts += tally.prompts
                answers += lengths.mean(family) * (tally.hints if family[2] else tally.count)
        return count, prompts / max(1, count), answers / max(1, count)
