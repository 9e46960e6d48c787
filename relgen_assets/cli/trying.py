"""The command `relgen try`: asks about one chunk with the prompts and settings at hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import typer
from rich.console import Console

from relgen_assets.cli.document import print_document
from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.cli.pager import paged
from relgen_assets.cli.progress import shown_progress
from relgen_assets.cli.story import print_story
from relgen_assets.cli.story_document import TryDocument, chunk_part
from relgen_assets.definitions import build_resources
from relgen_assets.generation.templates import extraction_templates
from relgen_assets.orchestration.asking import Asker
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.sides import (
    Changes,
    Side,
    changed_side,
    endpoint_changes,
    prompt_changes,
)
from relgen_assets.orchestration.trying import Trial, choose_chunk, try_chunk
from relgen_assets.prompts import PromptTask, Template
from relgen_assets.rows.models import Mode, RawExtraction
from relgen_assets.settings import Settings

LONGEST_WAIT = 30.0
"""Seconds to wait for a server, at most: a person waits for the answer."""


@dataclass(frozen=True, slots=True)
class Options:
    """What differs from the settings of the project; `None` leaves a setting as it is.

    Attributes:
        endpoint: Name of the endpoint to ask, or the URL of a server.
        model: Name of the model to ask.
        prompts: Name of a variant of the prompts, or a folder of templates.
    """

    temperature: float | None = None
    seed: int | None = None
    mode: Literal["auto"] | Mode | None = None
    endpoint: str | None = None
    model: str | None = None
    prompts: str | None = None


def try_one(
    project: Project,
    console: Console,
    wanted: str | None,
    options: Options,
    origin: Path,
    *,
    brief: bool = False,
    as_json: bool = False,
) -> None:
    """Ask about one chunk and print its story.

    Args:
        project: The opened project.
        console: Where to print.
        wanted: Id of a chunk, an article or a batch; by default the first chunk of the source.
        options: What differs from the settings.
        origin: The folder to which that of the prompts is relative.
        brief: Leave out the messages that were sent and the raw answer.
        as_json: Print one JSON document.

    Raises:
        ConfigurationError: There is no such chunk, endpoint or model, or a prompt cannot be used.
        NoEndpointLeft: No server answers.
        typer.Exit: The chunk was not answered.
    """
    side = _side(project, options, origin)
    resources = build_resources(side.settings)
    subject = choose_chunk(project, resources.io_manager, wanted)
    pool = resources.llama_server_pool
    asker = Asker(pool, side.settings, side.prompts, project.chunker.count, "relgen try")
    try:
        with shown_progress(leave_last=False):
            trial = try_chunk(subject, asker)
    finally:
        pool.close()
        resources.generation_ledger.close()
    _print(console, side, trial, brief=brief, as_json=as_json)
    if trial.story.raw is None or trial.story.raw.status != "completed":
        raise typer.Exit(ExitCode.FAILED)


def _side(project: Project, options: Options, origin: Path) -> Side:
    """Return the settings with what the command line changes, and the prompts they name.

    Raises:
        ConfigurationError: There is no such endpoint, model, variant or folder.
    """
    settings = project.settings
    named = {
        name: value
        for name in ("temperature", "seed", "mode")
        if (value := getattr(options, name)) is not None
    }
    changes: Changes = {
        "extractions": named,
        **endpoint_changes(settings, endpoint=options.endpoint, model=options.model),
    }
    timeout = min(settings.pool.outage_timeout_seconds, LONGEST_WAIT)
    changes["pool"]["outage_timeout_seconds"] = timeout
    if options.prompts is not None:
        changes |= prompt_changes(options.prompts, settings, origin)
    return changed_side("relgen try", project, changes)


def _print(console: Console, side: Side, trial: Trial, *, brief: bool, as_json: bool) -> None:
    row = trial.story.raw
    sampling = side.settings.extractions
    asked = [side.prompts.template(one) for one in _templates(side.settings, row)]
    template = asked[-1]
    if as_json:
        print_document(
            TryDocument(
                **dict(chunk_part(trial.story, prompt=not brief)),
                from_ledger=trial.from_ledger,
                template=template.task,
                template_file=str(template.file) if template.file else None,
                temperature=sampling.temperature,
                seed=sampling.seed,
            )
        )
        return
    with paged(console) as pages:
        print_story(pages, trial.story, raw=not brief, prompt=not brief)
        for line in (
            f"Asked with {', then '.join(map(_origin, asked))},"
            f" temperature {sampling.temperature:g}, seed {sampling.seed}.",
            "This answer was in the ledger; --seed asks for another."
            if trial.from_ledger
            else "The answer is kept in the ledger: a run with the same prompts uses it.",
            "No table was changed.",
        ):
            pages.print(line, markup=False, highlight=False, soft_wrap=not pages.is_terminal)


def _templates(settings: Settings, row: RawExtraction | None) -> tuple[PromptTask, ...]:
    """Return the templates that a chunk was asked about with."""
    own = settings.extractions
    mode = row.mode if row else own.mode_for(embedded=not settings.pool.endpoints)
    return extraction_templates(
        mode,
        row.candidates if row else (),
        quote_evidence=own.quotes_evidence(mode),
        summarised=settings.summaries.enabled,
    )


def _origin(template: Template) -> str:
    where = template.file or "bundled"
    return f"{template.task} {template.version} ({where})"
