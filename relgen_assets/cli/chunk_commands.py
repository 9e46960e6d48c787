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
    endpoint: Annotated[
        str | None, typer.Option(help="Ask only this endpoint: its name, or the URL of a server.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Ask only endpoints with this model, by its name.")
    ] = None,
    prompts: Annotated[
        str | None,
        typer.Option(
            "--prompt",
            "--prompts",
            metavar="VARIANT|FOLDER",
            help="Take this variant of the prompts, or templates from this folder.",
        ),
    ] = None,
    brief: Annotated[
        bool, typer.Option("--brief", help="Leave out the whole prompt and the raw answer.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask about one chunk with the prompts at hand; changes no table.

    Shows the text with its entities, relations and verdict, then the raw answer and the prompt.
    """
    from relgen_assets.cli.trying import Options, try_one

    origin = Path.cwd()
    options = Options(temperature, seed, mode, endpoint, model, prompts)
    try_one(open_project(), Console(), wanted, options, origin, brief=brief, as_json=as_json)


def compare(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="`now`, a settings file, a variant of the prompts, an endpoint, or values such"
            " as extractions.mode=quote,endpoint=gpu-0.",
        ),
    ],
    b: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    chunks: Annotated[int, typer.Option(min=2, help="Chunks to ask about, in both ways.")] = 60,
    margin: Annotated[
        float, typer.Option(min=0.1, max=50, help="How many points B may be worse and still pass.")
    ] = 5.0,
    as_json: AsJson = False,
) -> None:
    """Ask about the same chunks in two ways, and say whether B is worse; changes no table."""
    from relgen_assets.cli.comparing import compare_two

    origin = Path.cwd()
    compare_two(
        open_project(), Console(), (a, b), origin, chunks=chunks, margin=margin, as_json=as_json
    )
