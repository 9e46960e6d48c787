"""The queue, arranged so that the right request for an endpoint is found at once.

Requests that share a prompt prefix form a group (an article). A group has at most one owner: the
endpoint that took its first request. An endpoint continues with the groups it has just worked on,
then opens the group with the most (or least) work. When all groups have owners, it takes single
requests from the group with the most work left. A request without affinity is a group of its own.
Requests that came back from an endpoint are kept apart, so that another endpoint sees them first.

A request is on the shelf of the smallest context that can hold it. An endpoint searches the shelves
up to its own, the most demanding one first, since the fewest others can do that work.

Everything costs O(log n) in the length of the queue. `guard` decides whether a request is worth
taking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush


class _Group:
    """Queued requests with a common prefix, longest first."""

    __slots__ = ("_first", "_ids", "_last", "_sorted", "key", "offer", "owner", "work")

    def __init__(self, key: str) -> None:
        self.key = key
        self.owner: str | None = None
        self.work = 0.0
        self.offer = 0
        self._ids: list[tuple[float, int, str]] = []
        self._first, self._last = 0, 0
        self._sorted = True

    def add(self, request_id: str, size: float, number: int) -> None:
        """Add a request."""
        if self._first:
            del self._ids[: self._first]
        del self._ids[self._last - self._first :]
        self._ids.append((-size, number, request_id))
        self._first, self._last = 0, len(self._ids)
        self._sorted = len(self._ids) == 1
        self.work += size

    def end(self, longest: bool, waiting: Callable[[str, int], bool]) -> str | None:
        """Return the longest or shortest request that is still queued."""
        if not self._sorted:
            self._ids.sort()
            self._sorted = True
        while self._first < self._last:
            _, number, request_id = self._ids[self._first if longest else self._last - 1]
            if waiting(request_id, number):
                return request_id
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

    def add(self, key: str, request_id: str, size: float, number: int) -> None:
        """Add a request to its group."""
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = _Group(key)
        group.add(request_id, size, number)
        if group.owner is None:
            self._offer(group)

    def _offer(self, group: _Group) -> None:
        """Offer a group that has no owner to all endpoints."""
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
        """Return the request that this endpoint should run next."""
        mine = self.owned.get(endpoint)
        if mine:
            for affinity in warm:
                group = mine.get(affinity)
                if group is not None:
                    return group.end(longest, self._waiting)
        group = self._free(longest) or self._richest()
        return group.end(longest, self._waiting) if group is not None else None

    def _richest(self) -> _Group | None:
        """Return the owned group with the most work left, to take single requests from."""
        groups = (group for mine in self.owned.values() for group in mine.values())
        return max(groups, key=lambda group: group.work, default=None)

    def take(self, key: str, size: float, endpoint: str | None) -> None:
        """Note that a request of a group was taken; the first taker becomes the owner."""
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
        """Release the groups of an endpoint."""
        for group in self.owned.pop(endpoint, {}).values():
            group.owner = None
            self._offer(group)


class RequestQueue:
    """All queued requests.

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

    def __contains__(self, request_id: str) -> bool:
        return request_id in self._where

    def _waits(self, request_id: str, number: int) -> bool:
        """Whether a request is still queued under this number."""
        place = self._where.get(request_id)
        return place is not None and place[3] == number

    def ids(self) -> list[str]:
        """Return the ids of all queued requests, in order of arrival."""
        return list(self._where)

    def add(self, request_id: str, size: float, affinity: str, level: int) -> None:
        """Queue a new request of context class `level`."""
        self._number += 1
        key = affinity or f"\0{request_id}"
        self._where[request_id] = (level, key, size, self._number)
        self._shelves[level].add(key, request_id, size, self._number)

    def put_back(self, request_id: str, size: float, avoid: frozenset[str], level: int) -> None:
        """Requeue a request that should go to endpoints other than `avoid`."""
        self._number += 1
        self._where[request_id] = (level, avoid, size, self._number)
        self._returned[level].setdefault(avoid, {})[request_id] = None

    def peek(
        self,
        endpoint: str,
        level: int,
        warm: Iterable[str],
        longest: bool,
        barred: Callable[[frozenset[str], int], bool],
    ) -> str | None:
        """Return the request of exactly this class that an endpoint should run next, if any.

        Args:
            endpoint: Name of the endpoint.
            level: Context class to look at.
            warm: Affinities in the endpoint's prefix cache, most recent first.
            longest: Whether the endpoint prefers long requests to short ones.
            barred: Says whether requests of a class that avoid these endpoints must not run here.
        """
        for avoid, returned in self._returned[level].items():
            if not barred(avoid, level):
                return next(iter(returned))
        return self._shelves[level].peek(endpoint, warm, longest)

    def remove(self, request_id: str, endpoint: str | None = None) -> None:
        """Remove a request, to run it on `endpoint` or to give it up."""
        level, place, size, _ = self._where.pop(request_id)
        if isinstance(place, str):
            self._shelves[level].take(place, size, endpoint)
            return
        returned = self._returned[level][place]
        del returned[request_id]
        if not returned:
            del self._returned[level][place]

    def disown(self, endpoint: str) -> None:
        """Release the groups of an endpoint: the next taker becomes their owner."""
        for shelf in self._shelves:
            shelf.disown(endpoint)
