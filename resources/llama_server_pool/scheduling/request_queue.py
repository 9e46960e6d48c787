"""The jobs that wait, arranged so that the right one for an endpoint is found at once.

Jobs that share a prompt prefix form a group (an article), and a group has at most one owner, the
endpoint that took its first job. An endpoint goes on with the groups it has just worked on, then
opens the group with the most (or least) work, and when all groups have owners it takes single jobs
from the group that has most left. Jobs without affinity are groups of one. Jobs that came back from
an endpoint wait apart, so that another endpoint sees them first.

A job stands on the shelf of the smallest context that holds it. An endpoint looks through the
shelves up to its own, the most demanding one first, since fewest others can do that work.
Everything costs O(log n) in the number of waiting jobs; whether a job is worth taking is decided by
`scheduler`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush


class _Group:
    """Waiting jobs with a common prefix, longest first."""

    __slots__ = ("_first", "_jobs", "_last", "_sorted", "key", "offer", "owner", "work")

    def __init__(self, key: str) -> None:
        self.key = key
        self.owner: str | None = None
        self.work = 0.0
        self.offer = 0
        self._jobs: list[tuple[float, int, str]] = []
        self._first, self._last = 0, 0
        self._sorted = True

    def add(self, job: str, size: float, number: int) -> None:
        """Put a job in."""
        if self._first:
            del self._jobs[: self._first]
        del self._jobs[self._last - self._first :]
        self._jobs.append((-size, number, job))
        self._first, self._last = 0, len(self._jobs)
        self._sorted = len(self._jobs) == 1
        self.work += size

    def end(self, longest: bool, waiting: Callable[[str, int], bool]) -> str | None:
        """The longest or shortest job that still waits."""
        if not self._sorted:
            self._jobs.sort()
            self._sorted = True
        while self._first < self._last:
            _, number, job = self._jobs[self._first if longest else self._last - 1]
            if waiting(job, number):
                return job
            if longest:
                self._first += 1
            else:
                self._last -= 1
        return None


class _Shelf:
    """The groups of one context class."""

    def __init__(self, waiting: Callable[[str, int], bool]) -> None:
        self._waiting = waiting
        self.groups: dict[str, _Group] = {}
        self._most: list[tuple[float, int, _Group]] = []
        self._least: list[tuple[float, int, _Group]] = []
        self.owned: dict[str, dict[str, _Group]] = {}
        self._offers = 0

    def add(self, key: str, job: str, size: float, number: int) -> None:
        """Put a job into its group."""
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = _Group(key)
        group.add(job, size, number)
        if group.owner is None:
            self._offer(group)

    def _offer(self, group: _Group) -> None:
        """Make a group without owner findable."""
        self._offers += 1
        group.offer = self._offers
        heappush(self._most, (-group.work, self._offers, group))
        heappush(self._least, (group.work, self._offers, group))

    def _free(self, longest: bool) -> _Group | None:
        heap = self._most if longest else self._least
        while heap:
            _, offer, group = heap[0]
            live = group.owner is None and offer == group.offer
            if live and self.groups.get(group.key) is group:
                return group
            heappop(heap)
        return None

    def peek(self, endpoint: str, warm: Iterable[str], longest: bool) -> str | None:
        """The job this endpoint should do next."""
        mine = self.owned.get(endpoint)
        if mine:
            for affinity in warm:
                group = mine.get(affinity)
                if group is not None:
                    return group.end(longest, self._waiting)
        group = self._free(longest) or self._richest()
        return group.end(longest, self._waiting) if group is not None else None

    def _richest(self) -> _Group | None:
        """The owned group with most work left: one of its jobs is taken singly."""
        groups = (group for mine in self.owned.values() for group in mine.values())
        return max(groups, key=lambda group: group.work, default=None)

    def take(self, key: str, size: float, endpoint: str | None) -> None:
        """Account that a job of a group left; a first taker becomes the owner."""
        group = self.groups[key]
        group.work -= size
        if group.end(True, self._waiting) is None:
            del self.groups[key]
            if group.owner is not None:
                self.owned[group.owner].pop(key, None)
        elif group.owner is None:
            if endpoint is None:
                self._offer(group)
            else:
                group.owner = endpoint
                self.owned.setdefault(endpoint, {})[key] = group

    def disown(self, endpoint: str) -> None:
        """Make the groups of an endpoint free."""
        for group in self.owned.pop(endpoint, {}).values():
            group.owner = None
            self._offer(group)


class JobQueue:
    """All waiting jobs.

    Args:
        classes: Number of context classes, from 0 (fits everywhere) upwards.
    """

    def __init__(self, classes: int) -> None:
        self._where: dict[str, tuple[int, str | frozenset[str], float, int]] = {}
        self._number = 0
        self._shelves = [_Shelf(self._waits) for _ in range(classes)]
        self._returned: list[dict[frozenset[str], dict[str, None]]] = [{} for _ in range(classes)]

    def __len__(self) -> int:
        return len(self._where)

    def __contains__(self, job: str) -> bool:
        return job in self._where

    def _waits(self, job: str, number: int) -> bool:
        """Whether the entry that a job got under a number is still its place."""
        place = self._where.get(job)
        return place is not None and place[3] == number

    def jobs(self) -> list[str]:
        """The ids of all waiting jobs, in the order in which they came."""
        return list(self._where)

    def add(self, job: str, size: float, affinity: str, level: int) -> None:
        """Let a new job of context class `level` wait."""
        self._number += 1
        key = affinity or f"\0{job}"
        self._where[job] = (level, key, size, self._number)
        self._shelves[level].add(key, job, size, self._number)

    def put_back(self, job: str, size: float, avoid: frozenset[str], level: int) -> None:
        """Let a job wait that the endpoints `avoid` should rather not get again."""
        self._number += 1
        self._where[job] = (level, avoid, size, self._number)
        self._returned[level].setdefault(avoid, {})[job] = None

    def peek(
        self,
        endpoint: str,
        level: int,
        warm: Iterable[str],
        longest: bool,
        barred: Callable[[frozenset[str], int], bool],
    ) -> str | None:
        """The job of exactly class `level` that an endpoint should do next, or `None`.

        Args:
            endpoint: Name of the endpoint.
            level: Context class to look at.
            warm: Affinities in the endpoint's prefix cache, the latest first.
            longest: Whether it wants long jobs rather than short ones.
            barred: Tells for a set of avoiding endpoints and a class whether this one must wait.
        """
        for avoid, jobs in self._returned[level].items():
            if not barred(avoid, level):
                return next(iter(jobs))
        return self._shelves[level].peek(endpoint, warm, longest)

    def remove(self, job: str, endpoint: str | None = None) -> None:
        """Take a job out, to run it on `endpoint` or to give it up."""
        level, place, size, _ = self._where.pop(job)
        if isinstance(place, str):
            self._shelves[level].take(place, size, endpoint)
            return
        jobs = self._returned[level][place]
        del jobs[job]
        if not jobs:
            del self._returned[level][place]

    def disown(self, endpoint: str) -> None:
        """Give the groups of an endpoint to whoever comes first."""
        for shelf in self._shelves:
            shelf.disown(endpoint)
