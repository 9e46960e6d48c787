"""The first articles as they will be read and asked about; nothing is asked or stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from relgen_assets.generation.extraction_requests import ExtractionTask, extraction_tasks
from relgen_assets.generation.summary_requests import summary_request
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.models import Chunk, Paper
from resources.generation import Message

SUMMARY_TO_COME = "(the summary that a server will write)"
"""Stands in prompts for what is not known before a server is asked."""


@dataclass(frozen=True, slots=True)
class Preview:
    """One article before any server is asked.

    Attributes:
        paper: The article as it is read.
        chunks: Its chunks; none if it cannot be used.
        summary_prompt: The messages that ask for its summary; none if none is asked for.
        tasks: The question about each chunk.
    """

    paper: Paper
    chunks: Sequence[Chunk] = ()
    summary_prompt: Sequence[Message] = ()
    tasks: Sequence[ExtractionTask] = ()


def previews(project: Project, articles: int) -> Iterator[Preview]:
    """Yield the first articles of the source, with chunks and prompts.

    Raises:
        SourceError: The source cannot be read.
    """
    settings = project.settings
    mode = settings.extractions.mode_for(embedded=not settings.pool.endpoints)
    for paper in project.source.read(0, articles, signed=False):
        if paper.status != "used":
            yield Preview(paper)
            continue
        limit = settings.chunking.max_chunks_per_article
        chunks = project.chunker.chunks(paper.paper_id, paper.article, limit=limit)
        count, prompts = project.chunker.count, project.prompts
        summarised = settings.summaries.enabled
        asked = summary_request(paper, settings.summaries, count, {}, prompts=prompts)
        yield Preview(
            paper,
            chunks,
            asked.messages if summarised else (),
            extraction_tasks(
                chunks,
                {paper.paper_id: SUMMARY_TO_COME} if summarised else None,
                mode,
                settings.extractions,
                count,
                {},
                prompts=prompts,
            ),
        )
