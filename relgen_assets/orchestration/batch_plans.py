"""When a project plans its batches, and from what: settings, source, manifests, tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Final

from relgen_assets.batching.manifest import (
    ArticleNote,
    Identity,
    Manifest,
    digest_of,
    digest_of_parts,
)
from relgen_assets.batching.manifests import Manifests, of_source
from relgen_assets.batching.plan import SourceView, divide
from relgen_assets.domain_errors import StorageError
from relgen_assets.orchestration.partitions import Batches
from relgen_assets.orchestration.versions import REVISIONS
from relgen_assets.rows.asset_tables import RAW_PAPERS
from relgen_assets.rows.models import Paper
from relgen_assets.settings import Settings
from relgen_assets.sources import ArticleSource
from resources.parquet_io_manager import ParquetIOManager
from resources.progress import BOARD
from resources.storage import write_atomic

_PLACES: Final = frozenset({"path", "articles", "name", "licence"})
"""Settings of a source that say neither what an article is called nor what it says."""
_CONTENT_IDS: Final = frozenset({"article", "abstract", "title", "text"})
"""Columns that ids are hashes of, where articles have none of their own."""
_NOTED: Final = ("paper_id", "title", "reason")
_TOLD_EVERY: Final = 200


class Planner:
    """Plans the batches of a project; keeps what it has read of manifests and source.

    Args:
        settings: The settings.
        source: The source that they describe.
        store: Where the tables are stored.
    """

    def __init__(self, settings: Settings, source: ArticleSource, store: ParquetIOManager) -> None:
        self._settings = settings
        self._source = source
        self.store = store
        state = Path(settings.storage.state)
        self.manifests = Manifests(settings.storage.data, state / "manifests.json")
        self._index = state / "sources" / "identities.json"
        self._identities: tuple[str, list[Identity]] | None = None

    @property
    def identity(self) -> str:
        """Which settings give articles their ids."""
        source = self._settings.source.model_dump(mode="json")
        columns = source.get("columns") or {}
        own = columns.get("id")
        by_content = {name: columns[name] for name in sorted(_CONTENT_IDS & columns.keys())}
        return _digest([source["kind"], own or by_content])

    @property
    def reading(self) -> str:
        """Which settings and code give articles their texts."""
        source = self._settings.source.model_dump(mode="json", exclude=set(_PLACES))
        return _digest([source, REVISIONS[RAW_PAPERS.asset]])

    def plan(self, *, anew: bool = False) -> Batches:
        """Return the batches of the source as it is now.

        Args:
            anew: List remote files again; otherwise they are as they were last seen.

        Raises:
            SourceError: The source cannot be read.
            StorageError: A manifest or a table cannot be read.
        """
        self._take_over()
        # The version first: it looks at the files again, and the number follows from that.
        version = self._source.version(anew=anew)
        view = SourceView(
            articles=self._source.count(),
            version=version,
            identity=self.identity,
            reading=self.reading,
            identities=lambda: self._read_identities(version),
        )
        own = self._settings
        manifests = self.manifests.begun()
        plan = divide(
            view,
            of_source(manifests, own.source.name),
            name=own.source.name,
            size=own.batches.size,
            dropped=of_source(self.manifests.dropped(), own.source.name),
        )
        return Batches(plan, manifests, version)

    def read(self, rows: Sequence[int]) -> list[Paper]:
        """Return the articles in these rows of the source, in their order.

        Raises:
            SourceError: The source cannot be read.
        """
        runs = groupby(enumerate(rows), key=lambda pair: pair[1] - pair[0])
        spans = [[row for _, row in run] for _, run in runs]
        return [paper for span in spans for paper in self._source.read(span[0], span[-1] + 1)]

    def _take_over(self) -> None:
        """Write manifests for batches of a project that had none; their articles stay theirs."""
        names = set(self.manifests.names())
        without = [key for key in self.store.partitions(RAW_PAPERS.asset) if key not in names]
        if not without:
            return
        with BOARD.begin("batches taken over", len(without)) as task:
            for key in without:
                with suppress(StorageError):  # a damaged table is a finding of its checks
                    rows = self.store.read(RAW_PAPERS.asset, key, _NOTED).to_pylist()
                    # What the source said then is not compared: code may read it otherwise now.
                    notes = (
                        ArticleNote(id=row["paper_id"], title=row["title"], reason=row["reason"])
                        for row in rows
                    )
                    self.manifests.write(Manifest(batch=key, articles=tuple(notes)))
                task.advance()

    def _read_identities(self, version: str) -> list[Identity]:
        """Return id and digest of every article; the whole source is read once a version."""
        key = " ".join((version, self.identity, self.reading))
        if self._identities is None or self._identities[0] != key:
            self._identities = (key, self._remembered(key) or self._survey(key))
        return self._identities[1]

    def _remembered(self, key: str) -> list[Identity]:
        with suppress(OSError, ValueError, KeyError, TypeError):  # otherwise it is read again
            kept = json.loads(self._index.read_bytes())
            if kept["key"] == key:
                return [Identity(*pair) for pair in zip(kept["ids"], kept["digests"], strict=True)]
        return []

    def _survey(self, key: str) -> list[Identity]:
        total = self._source.count()
        found: list[Identity] = []
        with BOARD.begin("articles of the source that has changed", total) as task:
            for paper in self._source.read(0, total, signed=False):
                found.append(Identity(paper.paper_id, digest_of(paper)))
                if len(found) % _TOLD_EVERY == 0:
                    task.advance(_TOLD_EVERY)
        ids, digests = [one.id for one in found], [one.digest for one in found]
        note = {"key": key, "ids": ids, "digests": digests}
        write_atomic(str(self._index), json.dumps(note).encode())
        return found


def _digest(value: object) -> str:
    return digest_of_parts([json.dumps(value, sort_keys=True)])
