"""Finds what a person names: a batch, an article or a chunk, by its id or the beginning of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.integrity.overview import StoredTables
from relgen_assets.rows.asset_tables import CHUNKS, RAW_PAPERS

SHOWN = 5
"""Ids that an error names."""
_COMPARED = 2_000
"""Ids that are compared letter by letter, since each takes a part of a millisecond."""


@dataclass(frozen=True, slots=True)
class Found:
    """What an id names.

    Attributes:
        batch: The batch that holds it.
        paper_id: The article, unless a whole batch is meant.
        chunk_id: The chunk, unless a whole batch or article is meant.
    """

    batch: str
    paper_id: str | None = None
    chunk_id: str | None = None

    @property
    def id(self) -> str:
        """The full id."""
        return self.chunk_id or self.paper_id or self.batch


def find(tables: StoredTables, wanted: str) -> Found:
    """Return what an id names among everything stored.

    Args:
        tables: The stored tables.
        wanted: A batch key, an article's id, or a chunk's id (`<article>#<number>`, leading zeros
            optional); the beginning of one is enough if nothing else begins like that. An exact
            match comes first: batch, article, chunk.

    Raises:
        ConfigurationError: Nothing or several things have this id; the message names the nearest.
    """
    batches = tables.partitions(RAW_PAPERS.asset)
    if wanted in batches:
        return Found(wanted)
    stem, number = split_chunk_id(wanted)
    known: dict[str, Found] = {key: Found(key) for key in batches}
    for batch, paper_id in _papers(tables, batches):
        if paper_id == wanted:
            return Found(batch, paper_id)
        if number is not None and paper_id == stem:
            return _chunk(tables, Found(batch, paper_id), number)
        known.setdefault(paper_id, Found(batch, paper_id))
    begun = wanted if number is None else stem
    matches = [name for name in known if name.startswith(begun)] if begun else []
    if len(matches) == 1:
        (name,) = matches
        found = known[name]
        if number is None:
            return found
        if found.paper_id is not None:
            return _chunk(tables, found, number)
    raise unknown_id(wanted, matches or known)


def split_chunk_id(wanted: str) -> tuple[str, int | None]:
    """Return the article's part of a chunk's id and the chunk's number, if there is one."""
    stem, mark, number = wanted.rpartition("#")
    return (stem, int(number)) if mark and number.isdecimal() else (wanted, None)


def unknown_id(wanted: str, known: Iterable[str]) -> ConfigurationError:
    """Return the error about an id that is not known, with the nearest ones that are."""
    names = sorted(known)
    begun = [name for name in names if name.startswith(wanted)] if wanted else []
    at = bisect_left(names, wanted)
    around = names[max(at - _COMPARED // 2, 0) : at + _COMPARED // 2]
    near = begun or get_close_matches(wanted, around, n=SHOWN) or around[:SHOWN]
    if not near:
        return ConfigurationError(
            "nothing is stored yet.", where=wanted, remedy="Start with: relgen run"
        )
    listed = ", ".join(near[:SHOWN]) + (", …" if len(near) > SHOWN else "")
    if begun:
        return ConfigurationError(
            f"{len(begun)} ids begin like this.", where=wanted, remedy=f"Give more of: {listed}"
        )
    return ConfigurationError(
        "no batch, article or chunk has this id.",
        where=wanted,
        remedy=f"Nearest are: {listed}",
    )


def _papers(tables: StoredTables, batches: Iterable[str]) -> Iterator[tuple[str, str]]:
    for batch in batches:
        table = tables.read(RAW_PAPERS.asset, batch, ("paper_id",))
        for paper_id in table.column("paper_id").to_pylist():
            yield batch, paper_id


def _chunk(tables: StoredTables, paper: Found, number: int) -> Found:
    """Return a chunk of an article.

    Raises:
        ConfigurationError: The article has no such chunk.
    """
    numbers: dict[int, str] = {}
    if tables.exists(CHUNKS.asset, paper.batch):
        table = tables.read(CHUNKS.asset, paper.batch, ("chunk_id", "paper_id", "index"))
        numbers = {
            row["index"]: row["chunk_id"]
            for row in table.to_pylist()
            if row["paper_id"] == paper.paper_id
        }
    if number not in numbers:
        last = f"Its chunks are 0 to {max(numbers)}." if numbers else "It has no stored chunks."
        raise ConfigurationError(
            f"this article has no chunk {number}.", where=str(paper.paper_id), remedy=last
        )
    return Found(paper.batch, paper.paper_id, numbers[number])
