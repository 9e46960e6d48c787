"""The command `relgen preview`: the first articles as they will be read, and the exact prompts."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from relgen_assets.cli.layout import say, write
from relgen_assets.cli.pager import paged
from relgen_assets.integrity.code_meanings import meaning
from relgen_assets.orchestration.previewing import Preview, previews
from relgen_assets.orchestration.project import Project
from relgen_assets.text.visible import visible
from resources.generation import Message

MOST_REMARKS = 20
"""Remarks on files that are shown; of the others the number."""
_ABSTRACT_SHOWN = 300


def preview_articles(project: Project, console: Console, articles: int) -> None:
    """Print the first articles, their chunks and prompts, and what is unusable and why.

    Args:
        project: The opened project.
        console: Where to print.
        articles: Most articles.

    Raises:
        SourceError: The source cannot be read.
    """
    with paged(console) as pages:
        write(pages, f"{project.source.count():,} articles in the source.")
        remarks = project.source.remarks()
        for remark in remarks[:MOST_REMARKS]:
            say(pages, visible(remark))
        if len(remarks) > MOST_REMARKS:
            write(pages, f"and {len(remarks) - MOST_REMARKS:,} more files")
        prompts_shown = False
        for one in previews(project, articles):
            _print_article(pages, one)
            if one.tasks and not prompts_shown:
                _print_prompts(pages, one)
                prompts_shown = True


def _print_article(console: Console, one: Preview) -> None:
    paper = one.paper
    write(console, "")
    place = f"  ({visible(paper.place)})" if paper.place else ""
    write(console, f"{visible(paper.paper_id)}{place}", style="bold")
    if paper.status != "used":
        say(console, f"unusable: {paper.reason}. {meaning(paper.reason or '')}")
    for name, text in (
        ("title", paper.title),
        ("abstract", paper.abstract[:_ABSTRACT_SHOWN]),
        ("sections", ", ".join(paper.section_names)),
    ):
        say(console, visible(text) or "(none)", first=f"{name}: ")
    for remark in paper.remarks:
        say(console, visible(remark), first="odd: ")
    sizes = ", ".join(f"{chunk.tokens:,}" for chunk in one.chunks)
    say(console, f"{len(one.chunks)} of tokens {sizes}" if sizes else "none", first="chunks: ")
    for task in one.tasks:
        if task.refusal is not None:
            reason = f"{task.refusal}. {meaning(task.refusal)}"
            say(console, f"{visible(task.chunk.chunk_id)} is not asked about: {reason}")


def _print_prompts(console: Console, one: Preview) -> None:
    """Print the prompts of one article in full; those of the others are alike."""
    _print_messages(console, "prompt of the summary", one.summary_prompt)
    asked = next((task for task in one.tasks if task.request is not None), None)
    if asked is not None and asked.request is not None:
        title = f"prompt of {visible(asked.chunk.chunk_id)}, mode {asked.mode}"
        _print_messages(console, title, asked.request.messages)


def _print_messages(console: Console, title: str, messages: Sequence[Message]) -> None:
    for message in messages:
        write(console, "")
        write(console, f"{title}, {message['role']}:", style="bold")
        write(console, visible(message["content"]))
