"""The commands that tell what answers are worth: `relgen evaluate` and `relgen needle`.

Imports are inside the commands, because Dagster and the tokenizer take seconds to import.
"""

from __future__ import annotations

from typing import Annotated, Literal

import typer
from rich.console import Console

from relgen_assets.cli.opening import open_project
from relgen_assets.cli.progress import loading

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document; messages go to standard error.")
]
Endpoints = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint",
        "-e",
        help="An endpoint of the settings, NAME=URL, or `embedded`; repeatable. Default: all.",
    ),
]


def evaluate(
    on: Annotated[
        str, typer.Option("--on", help="A split of the dataset (test, validation), or a gold file.")
    ] = "test",
    endpoint: Endpoints = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option(
            "--prompt",
            help="`run`, `student` or `student:VARIANT`; one for all, or one for each endpoint.",
        ),
    ] = None,
    mode: Annotated[
        Literal["candidates", "quote", "schema", "two_pass"] | None,
        typer.Option(help="How the prompts of the run are constrained. Default: as in a run."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most texts to ask about.")] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="Form of the gold file: sentences, scier, scierc or scirex."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask endpoints about texts with known answers, and tell how much of them comes back."""
    with loading():
        from relgen_assets.cli.evaluating import evaluate_endpoints

    where = _absolute(on)
    evaluate_endpoints(
        open_project(),
        Console(stderr=as_json),
        where,
        endpoint or (),
        prompt or (),
        mode=mode,
        limit=limit,
        form=form,
        as_json=as_json,
    )


def needle(
    chunks: Annotated[int, typer.Option(min=1, help="Stored chunks to plant a fact into.")] = 30,
    endpoint: Endpoints = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed plants other facts.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Plant invented facts into chunks, and tell how many come back, by position and endpoint."""
    with loading():
        from relgen_assets.cli.needles import find_needles

    console = Console(stderr=as_json)
    find_needles(open_project(), console, chunks, endpoint or (), seed=seed, as_json=as_json)


def _absolute(on: str) -> str:
    """Return a file's path from the folder that the user stands in, which changes afterwards."""
    from pathlib import Path

    return str(Path(on).absolute()) if Path(on).is_file() else on
