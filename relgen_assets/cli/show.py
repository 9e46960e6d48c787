"""The command `relgen show`: the chunks of a batch or an article, or one chunk, as stored."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from rich.console import Console
from rich.text import Text

from relgen_assets.cli.document import print_document
from relgen_assets.cli.pager import paged
from relgen_assets.cli.story import print_story
from relgen_assets.cli.story_document import ShowDocument, UnusablePart, chunk_part
from relgen_assets.definitions import build_resources
from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.integrity.chunk_story import ChunkStory, stored_papers, stored_stories
from relgen_assets.integrity.code_meanings import meaning
from relgen_assets.integrity.lookup import Found, find
from relgen_assets.integrity.overview import StoredTables
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.models import Paper
from relgen_assets.text.visible import visible


def show_chunks(
    project: Project,
    console: Console,
    wanted: str,
    *,
    rejected: bool = False,
    limit: int | None = None,
    raw: bool = False,
    prompt: bool = False,
    as_json: bool = False,
) -> None:
    """Print the stories of chunks.

    Args:
        project: The opened project.
        console: Where to print.
        wanted: Id of a batch, an article or a chunk, or the unique beginning of one.
        rejected: Leave out chunks with a usable extraction.
        limit: Most chunks to print.
        raw: Print raw answers as well.
        prompt: Print the messages that were sent as well.
        as_json: Print one JSON document.

    Raises:
        ConfigurationError: Nothing or several things have this id.
    """
    tables = build_resources(project.settings).io_manager
    found = _find(project, tables, wanted)
    chosen = islice(
        (
            story
            for story in stored_stories(tables, found.batch, project.settings.judging_policy)
            if _belongs(story, found) and not (rejected and story.is_usable)
        ),
        limit,
    )
    unusable = _unusable(tables, found)
    if as_json:
        print_document(_document(found, unusable, chosen, prompt=prompt))
        return
    with paged(console) as pages:
        printed, unjudged, told = len(unusable), False, set[str]()
        for paper in unusable:
            reason = f"{paper.reason}: {meaning(paper.reason or '')}"
            text = Text.assemble((visible(paper.paper_id), "bold"), ("  unusable  ", "red"), reason)
            pages.print(text, soft_wrap=not pages.is_terminal)
        for story in chosen:
            new = story.chunk.paper_id not in told  # the summary is that of the article
            told.add(story.chunk.paper_id)
            print_story(pages, story, raw=raw, prompt=prompt, summary=new)
            printed += 1
            unjudged |= story.verdict is not None and not story.stored
        if unjudged:
            pages.print("Verdicts are those of the current rules: the batch has none stored.")
        if not printed:
            kind = "chunk without a usable extraction" if rejected else "chunk"
            pages.print(f"{found.id}: no {kind} is stored.", markup=False)


def _find(project: Project, tables: StoredTables, wanted: str) -> Found:
    """Return what an id names; a batch that is not begun yet is told from an unknown id."""
    try:
        return find(tables, wanted)
    except ConfigurationError:
        if wanted not in project.batches:
            raise
    raise ConfigurationError(
        "nothing of this batch is stored yet.",
        where=wanted,
        remedy=f"Make it with: relgen run --batches {wanted}",
    )


def _belongs(story: ChunkStory, found: Found) -> bool:
    if found.chunk_id is not None:
        return story.chunk.chunk_id == found.chunk_id
    return found.paper_id in (None, story.chunk.paper_id)


def _unusable(tables: StoredTables, found: Found) -> list[Paper]:
    """Return the unusable articles among those that are shown."""
    if found.chunk_id is not None:
        return []
    return [
        paper
        for paper in stored_papers(tables, found.batch)
        if paper.status == "unusable" and found.paper_id in (None, paper.paper_id)
    ]


def _document(
    found: Found, unusable: Iterable[Paper], chosen: Iterable[ChunkStory], *, prompt: bool
) -> ShowDocument:
    return ShowDocument(
        id=found.id,
        batch=found.batch,
        unusable_articles=[
            UnusablePart(
                paper_id=one.paper_id, reason=one.reason, meaning=meaning(one.reason or "")
            )
            for one in unusable
        ],
        chunks=[chunk_part(story, prompt=prompt) for story in chosen],
    )
