"""A batch begins: its articles are read and written into its manifest, one batch at a time.

A batch that is begun again keeps its articles. One that was edited or withdrawn in the source stays
as it was stored, unless the settings say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from relgen_assets.batching.manifest import ArticleNote, Manifest, note_of
from relgen_assets.batching.plan import Place
from relgen_assets.domain_errors import SourceError
from relgen_assets.orchestration.batch_plans import Planner
from relgen_assets.orchestration.partitions import Batches
from relgen_assets.rows.asset_tables import RAW_PAPERS
from relgen_assets.rows.models import Paper
from relgen_assets.settings import BatchSettings
from relgen_assets.sources.cleaning import DUPLICATE_ID
from resources.generation_ledger.ledger import GenerationLedger
from resources.parquet_io_manager import ParquetIOManager

_LOOKS: Final = 3
"""So often a source may change while a batch of it is read."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A batch whose articles were read.

    Attributes:
        papers: Its articles.
        manifest: What it is to remember of them.
        kept: Articles that stay as they were stored, although the source has changed.
        elsewhere: Articles whose id an article of another batch has; they cannot be used.
    """

    papers: list[Paper]
    manifest: Manifest
    kept: list[Place]
    elsewhere: list[Paper]


@contextmanager
def one_at_a_time(ledger: GenerationLedger) -> Iterator[None]:
    """Let no other run of the project take articles until the block ends."""
    with ledger.lease("articles of a batch"):
        yield


def read_batch(planner: Planner, key: str, own: BatchSettings, store: ParquetIOManager) -> Begun:
    """Read the articles of a batch, as the source and the settings of now give them.

    Args:
        planner: The planner of the project.
        key: Partition key.
        own: What becomes of edited and withdrawn articles.
        store: Where the tables are stored.

    Raises:
        ConfigurationError: There is no such batch.
        SourceError: The source cannot be read, or changes all the time.
    """
    batches = planner.plan()
    for _ in range(_LOOKS):
        begun = _read(planner, batches, key, own, store)
        again = planner.plan()
        if again.plan.articles == batches.plan.articles and again.version == batches.version:
            return begun
        batches = again
    raise SourceError(
        "the source is written to all the time, so it cannot be told which articles it has.",
        where=key,
        remedy="Wait until it is complete, then run again.",
    )


def _read(
    planner: Planner, batches: Batches, key: str, own: BatchSettings, store: ParquetIOManager
) -> Begun:
    batches.require(key)
    places = batches.plan.begun.get(key)
    if places is None:
        rows = batches.rows(key)
        papers = planner.read(rows)
        notes = [note_of(paper, row=row) for paper, row in zip(papers, rows, strict=False)]
        kept: list[Place] = []
    else:
        papers, notes, kept = _again(planner, key, places, own, store)
    used = _used_elsewhere(batches, key)
    papers, elsewhere = _once(papers, used)
    notes = [
        note.model_copy(update={"reason": paper.reason})
        for note, paper in zip(notes, papers, strict=True)
    ]
    manifest = Manifest(
        batch=key,
        version=batches.version,
        identity=planner.identity,
        reading=planner.reading,
        articles=tuple(notes),
    )
    return Begun(papers, manifest, kept, elsewhere)


def _again(
    planner: Planner,
    key: str,
    places: Sequence[Place],
    own: BatchSettings,
    store: ParquetIOManager,
) -> tuple[list[Paper], list[ArticleNote], list[Place]]:
    """Return the articles of a batch begun before, their notes, and those kept as stored."""
    stored = _stored(store, key)
    kept: dict[int, Paper] = {}
    for number, place in enumerate(places):
        keeps = {"edited": own.edited == "keep", "withdrawn": own.withdrawn == "keep"}
        old = stored[number] if number < len(stored) else None
        if keeps.get(place.change or "") and old is not None and old.paper_id == place.note.id:
            kept[number] = old
    read = {n: p.row for n, p in enumerate(places) if n not in kept and p.row is not None}
    found = dict(zip(read, planner.read(list(read.values())), strict=True))
    papers: list[Paper] = []
    notes: list[ArticleNote] = []
    for number, place in enumerate(places):
        row = -1 if place.row is None else place.row
        if number in kept:
            papers.append(kept[number])
            notes.append(place.note.model_copy(update={"row": row, "kept": True}))
        elif number in found:
            papers.append(found[number])
            notes.append(note_of(found[number], row=row))
    return papers, notes, [places[number] for number in kept]


def _stored(store: ParquetIOManager, key: str) -> list[Paper]:
    return RAW_PAPERS.read(store, key) if store.exists(RAW_PAPERS.asset, key) else []


def _used_elsewhere(batches: Batches, key: str) -> set[str]:
    """Return the ids of the usable articles of all other batches of the source."""
    return {
        place.note.id
        for other, places in batches.plan.begun.items()
        if other != key
        for place in places
        if place.note.reason is None
    }


def _once(papers: Sequence[Paper], used: set[str]) -> tuple[list[Paper], list[Paper]]:
    """Mark articles whose id is taken; return all, and those that another batch has."""
    seen: set[str] = set()
    checked: list[Paper] = []
    elsewhere: list[Paper] = []
    for paper in papers:
        one = paper
        if paper.status == "used" and (paper.paper_id in seen or paper.paper_id in used):
            one = paper.model_copy(update={"status": "unusable", "reason": DUPLICATE_ID})
            if paper.paper_id in used:
                elsewhere.append(one)
        if one.status == "used":
            seen.add(one.paper_id)
        checked.append(one)
    return checked, elsewhere
