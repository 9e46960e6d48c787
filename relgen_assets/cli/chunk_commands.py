"""The commands about single chunks: `relgen show` and `relgen try`.

Imports are inside the commands, because Dagster and the tokenizer take seconds to import.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from relgen_assets.cli.opening import open_project

Raw = Annotated[bool, typer.Option("--raw", help="Show raw answers as well.")]
Prompt = Annotated[bool, typer.Option("--prompt", help="Show the whole prompt as well.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def show(
    wanted: Annotated[
        str, typer.Argument(metavar="ID", help="A batch, an article or a chunk; or how it begins.")
    ],
    rejected: Annotated[
        bool, typer.Option("--rejected", help="Only chunks without a usable extraction.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Most chunks to show.")] = None,
    raw: Raw = False,
    prompt: Prompt = False,
    as_json: AsJson = False,
) -> None:
    """Show chunks with their entities, relations, verdict and answer, rejected ones too."""
    from relgen_assets.cli.show import show_chunks

    show_chunks(
        open_project(),
        Console(),
        wanted,
        rejected=rejected,
        limit=limit,
        raw=raw,
        prompt=prompt,
        as_json=as_json,
    )


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
        Literal["auto", "candidates", "quote", "schema", "two_pass"] | None,
        typer.Option(help="How entity names are constrained."),
    ] = None,
    endpoint: Annotated[str | None, typer.Option(help="Ask only this endpoint.")] = None,
    prompts: Annotated[
        Path | None, typer.Option(help="Take prompt templates from this folder.")
    ] = None,
    raw: Raw = False,
    prompt: Prompt = False,
    as_json: AsJson = False,
) -> None:
    """Ask about one chunk with the prompts at hand, and show the verdict; changes no table."""
    from relgen_assets.cli.trying import Options, try_one

    folder = prompts.absolute() if prompts else None
    options = Options(temperature, seed, mode, endpoint, folder)
    try_one(open_project(), Console(), wanted, options, raw=raw, prompt=prompt, as_json=as_json)
