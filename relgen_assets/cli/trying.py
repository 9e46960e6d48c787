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
from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.generation.templates import extraction_templates
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.trying import Trial, choose_chunk, try_chunk
from relgen_assets.prompts import PromptSet, Template, load_prompts
from relgen_assets.rows.models import Mode
from relgen_assets.settings import Settings

LONGEST_WAIT = 30.0
"""Seconds to wait for a server, at most: a person waits for the answer."""


@dataclass(frozen=True, slots=True)
class Options:
    """What differs from the settings of the project; `None` leaves a setting as it is."""

    temperature: float | None = None
    seed: int | None = None
    mode: Literal["auto"] | Mode | None = None
    endpoint: str | None = None
    prompts: Path | None = None


def try_one(
    project: Project,
    console: Console,
    wanted: str | None,
    options: Options,
    *,
    raw: bool = False,
    prompt: bool = False,
    as_json: bool = False,
) -> None:
    """Ask about one chunk and print its story.

    Args:
        project: The opened project.
        console: Where to print.
        wanted: Id of a chunk, an article or a batch; by default the first chunk of the source.
        options: What differs from the settings.
        raw: Print the raw answer as well.
        prompt: Print the messages that were sent as well.
        as_json: Print one JSON document.

    Raises:
        ConfigurationError: There is no such chunk or endpoint, or a prompt cannot be used.
        NoEndpointLeft: No server answers.
        typer.Exit: The chunk was not answered.
    """
    prompts = load_prompts(options.prompts, must_exist=True) if options.prompts else project.prompts
    settings = _settings(project.settings, options)
    mode = settings.extractions.mode_for(embedded=not settings.pool.endpoints)
    resources = build_resources(settings)
    subject = choose_chunk(project, resources.io_manager, wanted)
    pool = resources.llama_server_pool
    try:
        with shown_progress(leave_last=False):
            trial = try_chunk(subject, pool, settings, project, prompts, mode)
    finally:
        pool.close()
        resources.generation_ledger.close()
    _print(console, settings, prompts, mode, trial, raw=raw, prompt=prompt, as_json=as_json)
    if trial.story.raw is None or trial.story.raw.status != "completed":
        raise typer.Exit(ExitCode.FAILED)


def _settings(settings: Settings, options: Options) -> Settings:
    """Return the settings with what the command line changes.

    Raises:
        ConfigurationError: There is no such endpoint.
    """
    named = {
        name: value
        for name in ("temperature", "seed", "mode")
        if (value := getattr(options, name)) is not None
    }
    pool = settings.pool
    endpoints = [one for one in pool.endpoints if options.endpoint in (None, one.name)]
    if options.endpoint is not None and not endpoints:
        known = ", ".join(one.name for one in pool.endpoints) or "none, the embedded model answers"
        raise ConfigurationError(
            "there is no such endpoint.", where=options.endpoint, remedy=f"Configured are: {known}."
        )
    timeout = min(pool.outage_timeout_seconds, LONGEST_WAIT)
    return settings.model_copy(
        update={
            "extractions": settings.extractions.model_copy(update=named),
            "pool": pool.model_copy(
                update={"endpoints": endpoints, "outage_timeout_seconds": timeout}
            ),
        }
    )


def _print(
    console: Console,
    settings: Settings,
    prompts: PromptSet,
    mode: Mode,
    trial: Trial,
    *,
    raw: bool,
    prompt: bool,
    as_json: bool,
) -> None:
    terms = trial.story.raw.candidates if trial.story.raw else ()
    sampling = settings.extractions
    quoting = sampling.quotes_evidence(mode)
    asked = [
        prompts.template(one) for one in extraction_templates(mode, terms, quote_evidence=quoting)
    ]
    template = asked[-1]
    if as_json:
        print_document(
            TryDocument(
                **dict(chunk_part(trial.story, prompt=prompt)),
                from_ledger=trial.from_ledger,
                template=template.task,
                template_file=str(template.file) if template.file else None,
                temperature=sampling.temperature,
                seed=sampling.seed,
            )
        )
        return
    with paged(console) as pages:
        print_story(pages, trial.story, raw=raw, prompt=prompt)
        for line in (
            f"Asked with {', then '.join(map(_origin, asked))},"
            f" temperature {sampling.temperature:g}, seed {sampling.seed}.",
            "This answer was in the ledger; --seed asks for another."
            if trial.from_ledger
            else "The answer is kept in the ledger: a run with the same prompts uses it.",
            "No table was changed.",
        ):
            pages.print(line, markup=False, highlight=False, soft_wrap=not pages.is_terminal)


def _origin(template: Template) -> str:
    where = template.file or "bundled"
    return f"{template.task} {template.version} ({where})"
