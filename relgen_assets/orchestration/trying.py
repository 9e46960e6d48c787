"""One chunk asked about once, outside any run: what the prompts and settings at hand would give.

Answers go through the ledger like all others, so a run with the same prompts asks nothing again. No
table is changed, and no run of Dagster is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.extraction.policy import JudgingPolicy
from relgen_assets.extraction.validation import validate_all
from relgen_assets.generation.acceptance import summary_judge
from relgen_assets.generation.extraction_requests import EXTRACTION_TASK, extraction_tasks
from relgen_assets.generation.extraction_rows import extraction_row
from relgen_assets.generation.second_opinions import ATTEMPTS as OPINION_ATTEMPTS
from relgen_assets.generation.second_opinions import (
    SECOND_OPINION_TASK,
    is_opinion,
    opinion_row,
    opinion_tasks,
)
from relgen_assets.generation.summary_requests import (
    SUMMARY_TASK,
    summary_request,
    summary_row,
    usable_texts,
)
from relgen_assets.integrity.chunk_story import ChunkStory
from relgen_assets.integrity.code_meanings import meaning
from relgen_assets.integrity.lookup import find, split_chunk_id, unknown_id
from relgen_assets.integrity.overview import StoredTables
from relgen_assets.orchestration.assets.summaries import ATTEMPTS
from relgen_assets.orchestration.first_pass import ask_first
from relgen_assets.orchestration.project import Project
from relgen_assets.prompts import PromptSet
from relgen_assets.rows.asset_tables import CHUNKS, RAW_PAPERS
from relgen_assets.rows.models import Chunk, Mode, Paper, RawExtraction, SecondOpinion, Summary
from relgen_assets.settings import Settings
from resources.generation import Generation
from resources.llama_server_pool.pool import LlamaServerPool

SCANNED = 1_000
"""Articles of the source that are searched for an id before any batch is stored."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A chunk to ask about, with its article."""

    batch: str
    paper: Paper
    chunk: Chunk


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


def try_chunk(
    subject: Subject,
    pool: LlamaServerPool,
    settings: Settings,
    project: Project,
    prompts: PromptSet,
    mode: Mode,
) -> Trial:
    """Ask about a chunk once, after the summary of its article, and judge the answer.

    Second opinions are asked for if the settings want them.

    Args:
        subject: The chunk.
        pool: The servers.
        settings: Sampling and bounds.
        project: Counts tokens.
        prompts: The templates to fill.
        mode: How entity names are constrained.

    Raises:
        NoEndpointLeft: No server answers.
    """
    labels = {"partition": subject.batch, "run_id": "", "asked_by": "relgen try"}
    count = project.chunker.count
    summary = _summary(subject.paper, pool, settings, count, labels, prompts)
    summaries = usable_texts([summary])
    asked = ([subject.chunk], summaries, mode, settings.extractions)
    first = ask_first(pool, *asked, settings.judging.policy, count, labels, prompts=prompts)
    (task,) = extraction_tasks(*asked, count, labels, prompts=prompts, first_passes=first.passes)
    outcome = None
    if task.request is not None:
        result = pool.generate([task.request], title=EXTRACTION_TASK)
        outcome = result.outcomes[subject.chunk.chunk_id]
    row = extraction_row(task, outcome)
    opinions: list[SecondOpinion] = []
    if settings.judging.asks_model:
        opinions = _opinions(
            subject.chunk, row, pool, settings.judging.policy, count, labels, prompts
        )
    story = ChunkStory(
        batch=subject.batch,
        chunk=subject.chunk,
        title=subject.paper.title,
        summary=summary,
        raw=row,
        verdict=validate_all([subject.chunk], [row], settings.judging.policy, opinions=opinions)[0],
        stored=False,
    )
    return Trial(story, isinstance(outcome, Generation) and outcome.from_ledger)


def _summary(
    paper: Paper,
    pool: LlamaServerPool,
    settings: Settings,
    count: Callable[[str], int],
    labels: dict[str, str],
    prompts: PromptSet,
) -> Summary:
    """Return the summary that a run would use: known to the ledger, or asked for now."""
    request = summary_request(paper, settings.summaries, count, labels, prompts=prompts)
    result = pool.generate(
        [request],
        accept=summary_judge([request]),
        attempts=ATTEMPTS,
        granted=pool.ledger.granted_attempts(SUMMARY_TASK, [paper.paper_id]),
        title=SUMMARY_TASK,
    )
    return summary_row(request, result.outcomes[paper.paper_id])


def _opinions(
    chunk: Chunk,
    row: RawExtraction,
    pool: LlamaServerPool,
    policy: JudgingPolicy,
    count: Callable[[str], int],
    labels: dict[str, str],
    prompts: PromptSet,
) -> list[SecondOpinion]:
    """Return the second opinions on an answer, asked for now or known to the ledger."""
    tasks = opinion_tasks([chunk], [row], policy, count, labels, prompts=prompts)
    result = pool.generate(
        [task.request for task in tasks],
        accept=is_opinion(tasks),
        attempts=OPINION_ATTEMPTS,
        title=SECOND_OPINION_TASK,
    )
    return [opinion_row(task, result.outcomes[task.request.subject]) for task in tasks]


def _from_source(project: Project, stem: str) -> list[Paper]:
    """Return the articles of a batch, or the one with this id or position.

    Raises:
        ConfigurationError: There is none; the message names the nearest ids.
    """
    batches, source = project.batches, project.source
    if stem in batches.keys:
        rows = batches.rows(stem)
        return list(source.read(rows.start, rows.stop))
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
