"""The commands: each opens the project, delegates the work and prints the result.

Imports are inside the commands, because Dagster and the tokenizer take seconds to import.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from relgen_assets.cli.ledger import ledger_app
from relgen_assets.cli.prompts import prompts_app

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Turn scientific articles into a fine-tuning dataset for relation extraction.",
)
app.add_typer(ledger_app, name="ledger")
app.add_typer(prompts_app, name="prompts")

_DEMO_FOLDER = "demo"
_INTERRUPTED = 130
"""Exit status after Ctrl-C, as in shells."""

Batches = Annotated[
    list[str] | None,
    typer.Option("--batches", "-b", help="Batch keys, or first:last; repeatable. Default: all."),
]


@app.command()
def run(
    batches: Batches = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Only batches that are not in the dataset yet.")
    ] = False,
) -> None:
    """Materialise batches in this process; answers of earlier runs are reused."""
    from relgen_assets.cli.running import run_batches

    with _opened() as (project, console):
        run_batches(project, console, _root(), batches, missing=missing)


@app.command("retry-rejected")
def retry(
    batches: Batches = None,
    attempts: Annotated[
        int, typer.Option(min=1, help="Further attempts for each rejected chunk.")
    ] = 1,
) -> None:
    """Ask again about rejected and failed chunks, with another seed; keep all other answers."""
    from relgen_assets.cli.retry import retry_rejected

    with _opened() as (project, console):
        retry_rejected(project, console, _root(), batches, attempts)


@app.command()
def drop(
    batches: Annotated[list[str], typer.Argument(help="Batch keys, or first:last.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before removing.")] = False,
) -> None:
    """Remove batches from tables, dataset and card; their answers stay in the ledger."""
    from relgen_assets.cli.drop import drop_batches

    with _opened() as (project, console):
        drop_batches(project, console, _root(), batches, confirmed=yes)


@app.command()
def demo() -> None:
    """Turn the bundled articles into a dataset with the embedded model, without any settings."""
    from relgen_assets.cli.running import run_batches

    with _opened(_demo_overrides()) as (project, console):
        run_batches(project, console, _root(), None)
        console.print("\nSee every step: relgen ui", markup=False)


@app.command()
def status() -> None:
    """Show the contents of each batch, and which are out of date."""
    from relgen_assets.cli.report import print_batches, print_stale
    from relgen_assets.definitions import build_resources
    from relgen_assets.integrity.overview import overview
    from relgen_assets.orchestration.runs import opened_instance
    from relgen_assets.orchestration.staleness import stale_batches

    with _opened() as (project, console):
        tables = build_resources(project.settings).io_manager
        written = [key for key in project.batches.keys if tables.exists("raw_papers", key)]
        print_batches(console, ((key, overview(tables, [key])) for key in written))
        console.print(
            f"{len(written)} of {len(project.batches.keys)} batches of"
            f" {project.batches.articles} articles begun"
        )
        with opened_instance(_root()) as instance:
            print_stale(console, stale_batches(instance, project.code_versions, written))


@app.command()
def show(
    wanted: Annotated[
        str, typer.Argument(metavar="ID", help="A batch, an article or a chunk; or how it begins.")
    ],
    rejected: Annotated[
        bool, typer.Option("--rejected", help="Only chunks without a usable extraction.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Show only so many chunks.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Show raw answers as well.")] = False,
    prompt: Annotated[
        bool, typer.Option("--prompt", help="Show the whole prompt as well.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show chunks with their entities, relations, verdict and answer, rejected ones too."""
    from relgen_assets.cli.show import show_chunks

    with _opened() as (project, console):
        show_chunks(
            project,
            console,
            wanted,
            rejected=rejected,
            limit=limit,
            raw=raw,
            prompt=prompt,
            as_json=as_json,
        )


@app.command("try")
def try_(
    wanted: Annotated[
        str | None,
        typer.Argument(
            metavar="CHUNK",
            help="A chunk, an article, a batch, or an article's position in the source from 0."
            " Default: the first chunk of the source.",
        ),
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0, max=2, help="Sampling temperature.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed is another draw.")] = None,
    mode: Annotated[
        Literal["auto", "candidates", "schema"] | None,
        typer.Option(help="How entity names are constrained."),
    ] = None,
    endpoint: Annotated[str | None, typer.Option(help="Ask only this endpoint.")] = None,
    prompts: Annotated[
        Path | None, typer.Option(help="Take prompt templates from this folder.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Show the raw answer as well.")] = False,
    prompt: Annotated[
        bool, typer.Option("--prompt", help="Show the whole prompt as well.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Ask about one chunk with the prompts at hand, and show the verdict; changes no table."""
    from relgen_assets.cli.trying import Options, try_one

    folder = prompts.absolute() if prompts else None
    options = Options(temperature, seed, mode, endpoint, folder)
    with _opened() as (project, console):
        try_one(project, console, wanted, options, raw=raw, prompt=prompt, as_json=as_json)


@app.command()
def endpoints() -> None:
    """Show which servers answer, with model, slots, context and speed; exits 1 if none does."""
    from relgen_assets.cli.report import print_endpoints
    from relgen_assets.definitions import build_resources

    with _opened() as (project, console):
        statuses = build_resources(project.settings).llama_server_pool.describe()
        print_endpoints(console, statuses)
        if not any(one.answers for one in statuses):
            raise typer.Exit(1)


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
) -> None:
    """Forecast the calls, time and energy of a run, and what another server would save."""
    from relgen_assets.cli.plan import plan_run

    with _opened(file=settings) as (project, console):
        plan_run(project, console, articles=articles, sample=sample, ask=ask)


@app.command()
def config() -> None:
    """Print the effective settings; secrets appear by name only."""
    with _opened() as (project, console):
        console.print_json(project.settings.model_dump_json())


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port of the web UI on loopback.")] = 3000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
) -> None:
    """Open Dagster's web UI on the instance that the other commands use."""
    from relgen_assets.orchestration.runs import opened_instance

    root = _root()
    with opened_instance(root):
        pass  # creates a new instance under the lock of the other commands
    environment = {"DAGSTER_HOME": str(root), **os.environ}
    # Without -W, Dagster advertises its newer tool on every start.
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "dagster",
        "dev",
        "--host",
        host,
        "--port",
        str(port),
    ]
    if not (root / "workspace.yaml").is_file():
        command += ["--module-name", "relgen_assets.definitions"]
    # Replaces this process, so that every signal reaches Dagster, which stops its own children.
    os.chdir(root)
    os.execve(sys.executable, command, environment)  # noqa: S606 - our own interpreter


@app.command()
def check(batches: Batches = None) -> None:
    """Run the asset checks; exits 1 if one of error severity fails or none was evaluated."""
    from relgen_assets.cli.report import print_checks
    from relgen_assets.cli.running import select_batches
    from relgen_assets.definitions import build_defs, build_resources
    from relgen_assets.orchestration.runs import opened_instance, run_checks

    with _opened() as (project, console), opened_instance(_root()) as instance:
        tables = build_resources(project.settings).io_manager
        keys = [
            key
            for key in select_batches(project.batches, batches)
            if tables.exists("raw_papers", key)
        ]
        if not keys:
            console.print(
                "No batch is materialised yet, so there is nothing to check. Start with: relgen run"
            )
            raise typer.Exit(1)
        outcomes = list(run_checks(build_defs(project), instance, keys))
        print_checks(console, outcomes)
        if not outcomes or any(not one.passed and one.is_error for one in outcomes):
            raise typer.Exit(1)


@contextmanager
def _opened(
    overrides: dict[str, Any] | None = None, *, file: Path | None = None
) -> Iterator[tuple[Any, Console]]:
    """Open the project in its folder, which becomes the base of relative paths."""
    from relgen_assets.orchestration.project import Project
    from relgen_assets.settings import load_settings

    root = _root()
    file = file.absolute() if file else None
    os.chdir(root)
    console = Console()
    try:
        yield Project(load_settings(root, overrides, file=file)), console
    except KeyboardInterrupt:
        console.print(
            "Stopped. Finished generations are kept; the same command continues from here."
        )
        raise typer.Exit(_INTERRUPTED) from None


def _demo_overrides() -> dict[str, Any]:
    """Return settings that run the bundled articles, in folders of their own."""
    from relgen_assets.settings import load_settings

    overrides: dict[str, Any] = {"source": {"kind": "sample"}, "pool": {}}
    settings = load_settings(_root())
    if settings.source.kind != "sample" or settings.pool.endpoints:
        overrides["storage"] = {
            "data": f"{_DEMO_FOLDER}/data",
            "dataset": f"{_DEMO_FOLDER}/dataset",
            "state": settings.storage.state,
        }
    return overrides


def _root() -> Path:
    from relgen_assets.orchestration.project import find_root

    return find_root(Path.cwd())
