"""Divides a source into batches around those that were begun, and compares these with it. Pure.

A begun batch keeps its articles, wherever they stand now. What is in no batch yet is divided anew
at each look, in the order of the source, under the numbers that are free. Nothing was paid for
those, so they may change until they are begun.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, islice, pairwise
from typing import Final, Literal

from relgen_assets.batching.manifest import ArticleNote, Identity, Manifest

Change = Literal["edited", "moved", "withdrawn"]
"""What became of an article of a begun batch in the source: it says something else, it stands
elsewhere among the articles of its batch, or it is gone."""

_DIGITS: Final = 5


@dataclass(frozen=True, slots=True)
class SourceView:
    """The source as it is now.

    Attributes:
        articles: Number of its rows.
        version: Version of its files; the same version has the same articles in the same rows.
        identity: Which settings give articles their ids.
        reading: Which settings and code give articles their texts.
        identities: Reads the id and digest of every row; asked only if the version is another than
            that of a manifest, since it reads the whole source.
    """

    articles: int
    version: str
    identity: str
    reading: str
    identities: Callable[[], Sequence[Identity]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article of a begun batch is now.

    Attributes:
        note: What the manifest says of it.
        row: Its row in the source; `None` if it is gone.
        change: What became of it, if anything.
    """

    note: ArticleNote
    row: int | None
    change: Change | None = None


@dataclass(frozen=True)
class Plan:
    """A source, divided into batches.

    Attributes:
        name: Name of the source, the prefix of every key.
        size: Articles of a new batch.
        articles: Rows of the source.
        begun: The begun batches, by key, each with where its articles are now.
        fresh: Rows of the source that no batch has, in order.
        dropped: Rows whose batch was dropped on purpose, in order.
        released: Batches whose articles cannot be told in the source of now, because the settings
            give other ids and the files have changed. They are made anew.
    """

    name: str
    size: int
    articles: int
    begun: Mapping[str, Sequence[Place]] = field(default_factory=dict[str, Sequence[Place]])
    fresh: Sequence[int] = ()
    dropped: Sequence[int] = ()
    released: Sequence[str] = ()

    @cached_property
    def new(self) -> dict[str, Sequence[int]]:
        """The rows of each batch that is not begun, in the order of the source."""
        groups = [*_groups(self.fresh, self.size), *_groups(self.dropped, self.size)]
        free = (key for key in map(self.key, count()) if key not in self.begun)
        return dict(zip(islice(free, len(groups)), groups, strict=True))

    @cached_property
    def keys(self) -> list[str]:
        """All keys, in order; five digits hold their order up to 100,000 batches."""
        return sorted([*self.begun, *self.new], key=lambda key: (len(key), key))

    def key(self, number: int) -> str:
        """Return the key of a number."""
        return f"{self.name}-{number:0{_DIGITS}}"

    def was_dropped(self, key: str) -> bool:
        """Return whether all articles of a batch that is not begun were dropped on purpose."""
        rows = self.new.get(key, ())
        return bool(rows) and bool(self.dropped) and rows[0] in self._dropped_rows

    def changed(self) -> Iterator[tuple[str, Place]]:
        """Yield every article of a begun batch that is no longer as it was, with its batch."""
        for key, places in self.begun.items():
            for place in places:
                if place.change is not None:
                    yield key, place

    def repeated(self) -> Iterator[tuple[str, ArticleNote, str]]:
        """Yield articles whose id another article has: batch, article, batch of the other."""
        first: dict[str, str] = {}
        for key, places in sorted(self.begun.items()):
            for place in places:
                other = first.setdefault(place.note.id, key)
                if other != key:
                    yield key, place.note, other

    @cached_property
    def _dropped_rows(self) -> set[int]:
        return set(self.dropped)


def divide(
    source: SourceView,
    manifests: Mapping[str, Manifest],
    *,
    name: str,
    size: int,
    dropped: Mapping[str, Manifest] | None = None,
) -> Plan:
    """Return the batches of a source.

    Args:
        source: The source of now.
        manifests: The manifests of this source's batches, by key.
        name: Name of the source.
        size: Articles of a new batch.
        dropped: Manifests of batches that were dropped on purpose.
    """
    comparable = {key: one for key, one in sorted(manifests.items()) if _is_comparable(one, source)}
    finder = _Finder(source)
    begun = finder.places(comparable)
    kept_out = {key: one for key, one in (dropped or {}).items() if _is_comparable(one, source)}
    rows_dropped = {
        place.row
        for places in finder.places(kept_out).values()
        for place in places
        if place.row is not None
    }
    free = finder.free()
    return Plan(
        name=name,
        size=size,
        articles=source.articles,
        begun=begun,
        fresh=free,
        dropped=sorted(rows_dropped),
        released=[key for key in manifests if key not in comparable],
    )


class _Finder:
    """Finds the articles of manifests among the rows of the source; no row is found twice."""

    def __init__(self, source: SourceView) -> None:
        self._source = source
        self._taken: set[int] = set()

    def places(self, manifests: Mapping[str, Manifest]) -> dict[str, list[Place]]:
        """Return where the articles of each batch are now."""
        # An article that is found as it was goes before one that only has the same id.
        exact = {key: self._exact(one) for key, one in manifests.items()}
        return {key: self._rest(one, exact[key]) for key, one in manifests.items()}

    def free(self) -> Sequence[int]:
        """Return the rows that were not found, in order."""
        rows = range(self._source.articles)
        return [row for row in rows if row not in self._taken] if self._taken else rows

    def _exact(self, manifest: Manifest) -> list[int | None]:
        if manifest.version == self._source.version:
            return [self._take(note.row) for note in manifest.articles]
        return [self._first(self._by_identity, (n.id, n.digest)) for n in manifest.articles]

    def _rest(self, manifest: Manifest, exact: Sequence[int | None]) -> list[Place]:
        same_version = manifest.version == self._source.version
        told = manifest.reading == self._source.reading
        found: list[Place] = []
        for note, row in zip(manifest.articles, exact, strict=True):
            if row is not None:
                found.append(Place(note, row, "edited" if same_version and note.kept else None))
                continue
            other = None if same_version else self._first(self._by_id, note.id)
            if other is None:
                found.append(Place(note, None, "withdrawn"))
            else:
                found.append(Place(note, other, "edited" if told and note.digest else None))
        return found if same_version else _with_moves(found)

    def _take(self, row: int) -> int | None:
        if not 0 <= row < self._source.articles or row in self._taken:
            return None
        self._taken.add(row)
        return row

    def _first(self, rows: Mapping[object, deque[int]], wanted: object) -> int | None:
        left = rows.get(wanted)
        while left:
            if (row := self._take(left.popleft())) is not None:
                return row
        return None

    @cached_property
    def _by_identity(self) -> Mapping[object, deque[int]]:
        return _rows_by(enumerate(map(tuple, self._source.identities())))

    @cached_property
    def _by_id(self) -> Mapping[object, deque[int]]:
        return _rows_by((row, one.id) for row, one in enumerate(self._source.identities()))


def _is_comparable(manifest: Manifest, source: SourceView) -> bool:
    return manifest.version == source.version or manifest.identity in ("", source.identity)


def _rows_by(pairs: Iterator[tuple[int, object]]) -> Mapping[object, deque[int]]:
    rows: defaultdict[object, deque[int]] = defaultdict(deque)
    for row, value in pairs:
        rows[value].append(row)
    return rows


def _groups(rows: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _with_moves(places: list[Place]) -> list[Place]:
    """Mark the fewest articles that stand elsewhere among those of their batch."""
    rows = [place.row for place in places if place.row is not None]
    if all(one < other for one, other in pairwise(rows)):
        return places
    stayed = _longest_rise(rows)
    return [
        Place(one.note, one.row, one.change or "moved")
        if one.row is not None and one.row not in stayed
        else one
        for one in places
    ]


def _longest_rise(rows: Sequence[int]) -> set[int]:
    """Return a longest subsequence that rises, by patience sorting."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for row in rows:
        at = bisect_left(ends, row)
        before[row] = ends[at - 1] if at else None
        ends[at : at + 1] = [row]
    rise: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        rise.add(last)
        last = before[last]
    return rise
