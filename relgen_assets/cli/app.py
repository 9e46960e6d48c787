"""The commands: each opens the project, delegates the work and prints the result.

Imports are inside the commands, because Dagster and the tokenizer take seconds to import.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from relgen_assets.cli.chunk_commands import compare, show, try_
from relgen_assets.cli.evaluation_commands import evaluate, needle
from relgen_assets.cli.export import export
from relgen_assets.cli.init import init
from relgen_assets.cli.ledger import ledger_app
from relgen_assets.cli.opening import name_project, open_project, project_root
from relgen_assets.cli.progress import loading
from relgen_assets.cli.prompts import prompts_app
from relgen_assets.cli.release_commands import publish, rebuild, release, verify
from relgen_assets.cli.training_command import train
from relgen_assets.cli.ui import ui
from relgen_assets.cli.usage import CommandGroup

app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Turn scientific articles into a fine-tuning dataset for relation extraction.",
)


@app.callback()
def _in_project(
    project: Annotated[
        Path | None,
        typer.Option(
            "--project",
            help="Folder of the project; by default RELGEN_PROJECT, or the working folder and those"
            " above it.",
        ),
    ] = None,
) -> None:
    if project is not None:
        name_project(project)


app.add_typer(ledger_app, name="ledger")
app.add_typer(prompts_app, name="prompts")
app.command()(init)

_DEMO_FOLDER = "demo"

Batches = Annotated[
    list[str] | None,
    typer.Option("--batches", "-b", help="Batch keys, or first:last; repeatable. Default: all."),
]
Stale = Annotated[
    bool,
    typer.Option("--stale", help="Only batches made under other settings, prompts or rules."),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document; messages go to standard error.")
]


@app.command()
def run(
    batches: Batches = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Only batches that are not in the dataset yet.")
    ] = False,
    stale: Stale = False,
    as_json: AsJson = False,
) -> None:
    """Materialise batches in this process; answers of earlier runs are reused."""
    with loading():
        from relgen_assets.cli.running import run_batches

    with _opened(as_json=as_json) as (project, console):
        run_batches(
            project,
            console,
            project_root(),
            batches,
            missing=missing,
            stale=stale,
            as_json=as_json,
        )


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check machine, settings, servers and Dagster, and say what to do; exits 1 on a failure."""
    from relgen_assets.cli.doctor import examine

    examine(project_root(), as_json=as_json)


@app.command()
def backfill(
    batches: Batches = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Only batches that are not in the dataset yet.")
    ] = False,
    stale: Stale = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Follow the batches to their end; needs no running daemon."),
    ] = False,
) -> None:
    """Materialise batches on the daemon of `relgen ui`, several at a time."""
    from relgen_assets.cli.backfill import backfill_batches

    with _opened() as (project, console):
        backfill_batches(
            project, console, project_root(), batches, missing=missing, stale=stale, watch=watch
        )


@app.command("retry-rejected")
def retry(
    batches: Batches = None,
    attempts: Annotated[
        int, typer.Option(min=1, help="Further attempts for each rejected chunk.")
    ] = 1,
) -> None:
    """Ask again about rejected and failed chunks, with another seed; keep all other answers."""
    with loading():
        from relgen_assets.cli.retry import retry_rejected

    with _opened() as (project, console):
        retry_rejected(project, console, project_root(), batches, attempts)


@app.command()
def drop(
    batches: Annotated[list[str], typer.Argument(help="Batch keys, or first:last.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before removing.")] = False,
) -> None:
    """Remove batches from tables, dataset and card; their answers stay in the ledger."""
    from relgen_assets.cli.drop import drop_batches

    with _opened() as (project, console):
        drop_batches(project, console, project_root(), batches, confirmed=yes)


@app.command()
def demo() -> None:
    """Turn the bundled articles into a dataset with the embedded model, without any settings."""
    with loading():
        from relgen_assets.cli.running import run_batches

    with _opened(_demo_overrides()) as (project, console):
        run_batches(project, console, project_root(), None)
        console.print("\nSee every step: relgen ui", markup=False)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show the contents of each batch, and which are out of date."""
    from relgen_assets.cli.status import show_status

    with _opened(as_json=as_json) as (project, console):
        raise typer.Exit(show_status(project, console, project_root(), as_json=as_json))


app.command()(export)
app.command()(show)
app.command("try")(try_)
app.command()(compare)
app.command()(evaluate)
app.command()(needle)
app.command()(train)


@app.command()
def endpoints(as_json: AsJson = False) -> None:
    """Show which servers answer, with model, slots, context and speed; exits 1 if none does."""
    from relgen_assets.cli.status import show_endpoints

    with _opened(as_json=as_json) as (project, console):
        raise typer.Exit(show_endpoints(project, console, as_json=as_json))


@app.command()
def plan(
    articles: Annotated[
        int | None, typer.Option(min=1, help="Articles of the run. Default: all of the source.")
    ] = None,
    sample: Annotated[int, typer.Option(min=1, help="Articles to sample and tokenise.")] = 50,
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask the servers for speed and slots that are not set.")
    ] = False,
    settings: Annotated[
        Path | None, typer.Option(help="Read this settings file instead of relgen.toml.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Forecast the calls, time and energy of a run, and what another server would save."""
    from relgen_assets.cli.plan import plan_run

    with _opened(file=settings, as_json=as_json) as (project, console):
        plan_run(project, console, articles=articles, sample=sample, ask=ask, as_json=as_json)


@app.command()
def preview(
    articles: Annotated[int, typer.Option(min=1, help="Most articles to show.")] = 3,
) -> None:
    """Show the first articles as they will be read, their chunks and the exact prompts."""
    with loading():
        from relgen_assets.cli.preview import preview_articles

    with _opened() as (project, console):
        preview_articles(project, console, articles)


@app.command()
def config() -> None:
    """Print the effective settings; secrets appear by name only."""
    with _opened() as (project, console):
        from resources.redaction import without_secrets

        console.print_json(data=without_secrets(project.settings.model_dump(mode="json")))


@app.command()
def check(batches: Batches = None, as_json: AsJson = False) -> None:
    """Run the asset checks; exits 1 if one fails, 4 if some could not run, 3 without a batch."""
    from relgen_assets.cli.check import check_batches

    with _opened(as_json=as_json) as (project, console):
        raise typer.Exit(check_batches(project, console, project_root(), batches, as_json=as_json))


app.command()(release)
app.command()(verify)
app.command()(rebuild)
app.command()(publish)
app.command()(ui)


@contextmanager
def _opened(
    overrides: dict[str, Any] | None = None, *, file: Path | None = None, as_json: bool = False
) -> Iterator[tuple[Any, Console]]:
    """Open the project in its folder, which becomes the base of relative paths.

    With `as_json` the console is standard error: standard output is for the document alone.
    """
    yield open_project(overrides, file=file), Console(stderr=as_json)


def _demo_overrides() -> dict[str, Any]:
    """Return settings that run the bundled articles, in folders of their own."""
    from relgen_assets.settings import load_settings

    overrides: dict[str, Any] = {"source": {"kind": "sample"}, "pool": {}}
    settings = load_settings(project_root())
    if settings.source.kind != "sample" or settings.pool.endpoints:
        overrides["storage"] = {
            "data": f"{_DEMO_FOLDER}/data",
            "dataset": f"{_DEMO_FOLDER}/dataset",
            "state": settings.storage.state,
        }
    return overrides
