"""The story of a chunk: everything that the tables of its batch say of it, in one value.

For a person who looks at single chunks, accepted, rejected or failed. How it is printed belongs to
the command line and to `orchestration`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from relgen_assets.extraction.draft import Draft, DraftRelation
from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.places import Place, draft_of, places
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.validation import validate
from relgen_assets.integrity.overview import StoredTables
from relgen_assets.rows.asset_tables import (
    CHUNKS,
    RAW_EXTRACTIONS,
    RAW_PAPERS,
    SUMMARIES,
    VALIDATED_EXTRACTIONS,
    AssetTable,
)
from relgen_assets.rows.models import (
    Chunk,
    EntityGrounding,
    Paper,
    RawExtraction,
    Relation,
    RelationEvidence,
    Summary,
    TableRow,
    ValidatedExtraction,
)

RowT = TypeVar("RowT", bound=TableRow)

NOT_ASKED = "not asked"
"""The standing of a chunk that no model was asked about yet."""


@dataclass(frozen=True, slots=True)
class ChunkStory:
    """A chunk and what became of it.

    Attributes:
        batch: Partition key of the batch; empty for a chunk outside any batch.
        chunk: The chunk.
        title: Title of its article.
        summary: The summary of its article, answered or not; `None` if not asked for yet.
        raw: The answer, or the record that there is none; `None` if not asked for yet.
        verdict: The verdict; where none is stored, that of the current rules.
        stored: Whether that verdict is stored.
    """

    batch: str
    chunk: Chunk
    title: str
    summary: Summary | None
    raw: RawExtraction | None
    verdict: ValidatedExtraction | None
    stored: bool

    @property
    def standing(self) -> str:
        """The verdict; `failed` or `refused` without an answer; or `NOT_ASKED`."""
        if self.raw is None or self.verdict is None:
            return NOT_ASKED
        return self.verdict.verdict if self.raw.status == "completed" else self.raw.status

    @property
    def is_usable(self) -> bool:
        """Whether the chunk has an extraction that may become an example."""
        return self.verdict is not None and self.verdict.extraction is not None

    @property
    def entities(self) -> list[str]:
        """The entities of the extraction; of a rejected answer, those that it names."""
        if self.verdict is not None and self.verdict.extraction is not None:
            return self.verdict.extraction.list_of_entities
        return [spelling or name for name, spelling in self._named().items()]

    @property
    def absent(self) -> list[str]:
        """The entities that a rejected answer names although they do not occur in the text."""
        if self.is_usable:
            return []
        return [name for name, spelling in self._named().items() if spelling is None]

    @property
    def relations(self) -> Sequence[Relation | DraftRelation]:
        """The relations of the extraction; of a rejected answer, those that it states."""
        if self.verdict is not None and self.verdict.extraction is not None:
            return self.verdict.extraction.relations
        draft = self._draft()
        return draft.relations if draft else []

    @property
    def grounding(self) -> Sequence[EntityGrounding]:
        """Where each entity of the extraction stands; nothing of an answer that is not used."""
        return self.verdict.grounding if self.verdict is not None else []

    @property
    def evidence(self) -> Sequence[RelationEvidence | None]:
        """What the text says to each relation; `None` of an answer that is not used."""
        found = self.verdict.evidence if self.is_usable and self.verdict is not None else []
        return found or [None] * len(self.relations)

    @property
    def places(self) -> list[Place]:
        """Where the entities stand in the text of the chunk."""
        return places(self.entities, self.chunk.text)

    def _draft(self) -> Draft | None:
        return draft_of(self.raw.text) if self.raw is not None else None

    def _named(self) -> dict[str, str | None]:
        """Return the names in an answer, each with its spelling in the text, if it occurs."""
        draft = self._draft()
        if draft is None:
            return {}
        sides = (
            side for one in draft.relations for side in (one.source_entities, one.target_entities)
        )
        text = GroundedText(self.chunk.text)
        return {name: text.ground(name) for side in (draft.entities, *sides) for name in side}


def stories(
    batch: str,
    chunks: Iterable[Chunk],
    papers: Iterable[Paper],
    summaries: Iterable[Summary],
    raw: Iterable[RawExtraction],
    verdicts: Iterable[ValidatedExtraction],
    policy: JudgingPolicy,
) -> Iterator[ChunkStory]:
    """Yield the stories of chunks, in their order, from the rows of their batch.

    Answers without a stored verdict are judged now, under the policy.
    """
    titles = {paper.paper_id: paper.title for paper in papers}
    summary_by_paper = {row.paper_id: row for row in summaries}
    raw_by_chunk = {row.chunk_id: row for row in raw}
    verdict_by_chunk = {row.chunk_id: row for row in verdicts}
    for chunk in chunks:
        answer = raw_by_chunk.get(chunk.chunk_id)
        verdict = verdict_by_chunk.get(chunk.chunk_id)
        yield ChunkStory(
            batch=batch,
            chunk=chunk,
            title=titles.get(chunk.paper_id, ""),
            summary=summary_by_paper.get(chunk.paper_id),
            raw=answer,
            # A batch refused for too many rejections has no stored verdicts.
            verdict=verdict or (validate(answer, chunk.text, policy) if answer else None),
            stored=verdict is not None,
        )


def stored_stories(tables: StoredTables, batch: str, policy: JudgingPolicy) -> Iterator[ChunkStory]:
    """Yield the stories of a batch from its stored tables; those not written yet count as empty."""
    return stories(
        batch,
        _stored(tables, CHUNKS, batch),
        _stored(tables, RAW_PAPERS, batch),
        _stored(tables, SUMMARIES, batch),
        _stored(tables, RAW_EXTRACTIONS, batch),
        _stored(tables, VALIDATED_EXTRACTIONS, batch),
        policy,
    )


def stored_papers(tables: StoredTables, batch: str) -> list[Paper]:
    """Return the stored articles of a batch, unusable ones included."""
    return _stored(tables, RAW_PAPERS, batch)


def _stored(tables: StoredTables, which: AssetTable[RowT], batch: str) -> list[RowT]:
    return which.rows(tables.read(which.asset, batch)) if tables.exists(which.asset, batch) else []
