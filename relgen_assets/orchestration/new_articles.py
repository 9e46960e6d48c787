"""Whether the source has grown since it was last looked at, and which batches that concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relgen_assets.orchestration.partitions import Batches
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import RAW_PAPERS
from relgen_assets.settings import FilesSource, WikipediaSource
from relgen_assets.sources import ArticleSource, open_source
from resources.parquet_io_manager import ParquetIOManager

AT_ONCE: Final = 100
"""Most batches that one look finds; the next look finds more."""


@dataclass(frozen=True, slots=True)
class Grown:
    """New articles at the end of the source.

    Attributes:
        batches: Batches to make, with the number of their articles; empty if nothing is new.
        seen: Articles that need no second look.
    """

    batches: Mapping[str, int]
    seen: int


@dataclass(frozen=True, slots=True)
class Shifted:
    """The articles of a stored batch are no longer where they were."""

    batch: str

    def __str__(self) -> str:
        """Say what happened and what to do."""
        return (
            f"{self.batch}: the source has other articles in this place than the stored batch,"
            " so every later batch would mix old and new ones. Name new files so that they sort"
            " after those that were read before, or drop the batches and make them again."
        )


def growth(project: Project, store: ParquetIOManager, *, seen: int) -> Grown | Shifted:
    """Look at the source anew and return which batches are new or have grown.

    Args:
        project: The opened project.
        store: Where the tables are stored.
        seen: What the last look returned; 0 before the first one.

    Raises:
        SourceError: The source cannot be read.
    """
    settings = project.settings
    source = open_source(settings.source, state=Path(settings.storage.state))
    if isinstance(settings.source, FilesSource | WikipediaSource):
        list(source.read(0, 0))  # lists a remote folder anew; a count alone remembers the old list
    batches = Batches(settings.source.name, source.count(), settings.batches.size)
    if batches.articles <= seen:
        return Grown({}, batches.articles)
    stored = set(store.partitions(RAW_PAPERS.asset))
    last = max(stored.intersection(batches.keys), default=None)  # keys sort like their articles
    if last is not None and _shifted(source, batches, store, last):
        return Shifted(last)
    first = seen // batches.size
    looked_at = batches.keys[first : first + AT_ONCE]
    wanted = {
        key: len(batches.rows(key))
        for key in looked_at
        if key not in stored
        or (key == last and len(_stored_ids(store, key)) < len(batches.rows(key)))
    }
    return Grown(wanted, batches.rows(looked_at[-1]).stop)


def _shifted(source: ArticleSource, batches: Batches, store: ParquetIOManager, key: str) -> bool:
    """Return whether the articles of a stored batch are others now."""
    known = _stored_ids(store, key)
    start = batches.rows(key).start
    return known != [paper.paper_id for paper in source.read(start, start + len(known))]


def _stored_ids(store: ParquetIOManager, key: str) -> list[str]:
    table = store.read(RAW_PAPERS.asset, key, ("paper_id",))
    return list(table.column("paper_id").to_pylist())
