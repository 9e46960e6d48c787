"""One chunk asked about once, outside any run: what the prompts and settings at hand would give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.integrity.chunk_story import ChunkStory
from relgen_assets.integrity.code_meanings import meaning
from relgen_assets.integrity.lookup import find, split_chunk_id, unknown_id
from relgen_assets.integrity.overview import StoredTables
from relgen_assets.orchestration.asking import Asker, Subject, ask_about
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import CHUNKS, RAW_PAPERS
from relgen_assets.rows.models import Paper
from resources.generation import Generation

SCANNED = 1_000
"""Articles of the source that are searched for an id before any batch is stored."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of asking once.

    Attributes:
        story: The chunk with its answer and the verdict of the current rules.
        from_ledger: Whether the answer was known and nothing was asked.
    """

    story: ChunkStory
    from_ledger: bool


def choose_chunk(project: Project, tables: StoredTables, wanted: str | None) -> Subject:
    """Return the chunk that an id names, stored or cut from the article now.

    Args:
        project: The opened project.
        tables: The stored tables.
        wanted: Id of a chunk, an article or a batch, or the position of an article in the source,
            from 0. Without a chunk's number it is the first chunk of the first usable article;
            without an id that of the source.

    Raises:
        ConfigurationError: There is no such chunk, or its article cannot be used.
        SourceError: The source cannot be read.
    """
    if wanted is None:
        return _cut(project, project.source.read(0, SCANNED), 0, where=project.settings.source.name)
    stem, number = split_chunk_id(wanted)
    try:
        found = find(tables, wanted)
    except ConfigurationError:
        return _cut(project, _from_source(project, stem), number or 0, where=wanted)
    papers = [
        paper
        for paper in RAW_PAPERS.rows(tables.read(RAW_PAPERS.asset, found.batch))
        if found.paper_id in (None, paper.paper_id)
    ]
    if found.chunk_id is not None:
        for chunk in CHUNKS.rows(tables.read(CHUNKS.asset, found.batch)):
            if chunk.chunk_id == found.chunk_id:
                return Subject(found.batch, papers[0], chunk)
    return _cut(project, papers, 0, where=wanted, batch=found.batch)


def try_chunk(subject: Subject, asker: Asker) -> Trial:
    """Ask about a chunk, after the summary of its article, and judge the answer.

    Args:
        subject: The chunk.
        asker: How it is asked about.

    Raises:
        NoEndpointLeft: No server answers.
    """
    answered = ask_about([subject], asker)
    outcome = answered.outcomes.get(subject.chunk.chunk_id)
    story = ChunkStory(
        batch=subject.batch,
        chunk=subject.chunk,
        title=subject.paper.title,
        summary=answered.summaries[subject.paper.paper_id],
        raw=answered.rows[0],
        verdict=answered.verdicts[0],
        stored=False,
    )
    return Trial(story, isinstance(outcome, Generation) and outcome.from_ledger)


def _from_source(project: Project, stem: str) -> list[Paper]:
    """Return the articles of a batch, or the one with this id or position.

    Raises:
        ConfigurationError: There is none; the message names the nearest ids.
    """
    batches, source = project.batches, project.source
    if stem in batches:
        return project.planner.read(batches.rows(stem))
    papers = list(source.read(0, SCANNED))
    found = [paper for paper in papers if paper.paper_id == stem][:1]
    if not found and stem.isdecimal():
        found = list(source.read(int(stem), int(stem) + 1))
    if not found:
        raise unknown_id(stem, [*batches.keys[:SCANNED], *(paper.paper_id for paper in papers)])
    return found


def _cut(
    project: Project, papers: Iterable[Paper], number: int, *, where: str, batch: str = ""
) -> Subject:
    """Return a chunk of the first usable article."""
    reason = ""
    for paper in papers:
        if paper.status == "used":
            break
        reason = f" {meaning(paper.reason or '')}"
    else:
        raise ConfigurationError(
            f"no article here can be used.{reason}",
            where=where,
            remedy="Name another article or batch.",
        )
    limit = project.settings.chunking.max_chunks_per_article
    chunks = project.chunker.chunks(paper.paper_id, paper.article, limit=limit)
    if number >= len(chunks):
        raise ConfigurationError(
            f"this article has no chunk {number}.",
            where=paper.paper_id,
            remedy=f"Its chunks are 0 to {len(chunks) - 1}.",
        )
    return Subject(batch, paper, chunks[number])
