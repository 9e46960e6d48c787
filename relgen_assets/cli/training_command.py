"""The command `relgen train`.

Imports are inside the command, because Dagster and the tokenizer take seconds to import.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console


def train(
    model: Annotated[
        str | None,
        typer.Argument(
            help="What to teach: a folder, a GGUF file, a name on the Hugging Face Hub, or"
            " `embedded`."
        ),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            "--on",
            help="A dataset or a release: its folder, or the name of a release. Default:"
            " the dataset of the project.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder of the student. Default: students/NAME OF THE MODEL."),
    ] = None,
    method: Annotated[
        Literal["full", "lora"] | None,
        typer.Option(help="Teach the whole model, or adapters. Default: by its size."),
    ] = None,
    epochs: Annotated[
        float | None, typer.Option(help="Times to read all rows. Default: 2.")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Default: by size and method.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(help="Rows at a time. Default: as many as fit.")
    ] = None,
    accumulation: Annotated[
        int | None, typer.Option(help="Batches in a step. Default: so that a step has 16 rows.")
    ] = None,
    max_length: Annotated[
        int | None,
        typer.Option(help="Longest row in tokens; longer ones are left out. Default: 4096."),
    ] = None,
    rank: Annotated[int | None, typer.Option(help="Rank of the adapters. Default: 16.")] = None,
    rows: Annotated[
        int | None, typer.Option(min=1, help="Most rows to learn, drawn at random. Default: all.")
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Another seed draws and shuffles otherwise.")
    ] = 0,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where to train. Default: a GPU if any.")
    ] = "auto",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, and remove what the folder holds.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be trained, with what memory.")
    ] = False,
    to_gguf: Annotated[
        bool, typer.Option("--to-gguf", help="Convert the student for llama.cpp.")
    ] = False,
    converter: Annotated[
        Path | None,
        typer.Option(help="llama.cpp's convert_hf_to_gguf.py, or the folder that it is in."),
    ] = None,
    gguf_type: Annotated[
        Literal["q8_0", "f16", "bf16", "f32"], typer.Option(help="How its weights are stored.")
    ] = "q8_0",
) -> None:
    """Teach a small model with the dataset; the same command goes on where it was stopped."""
    from relgen_assets.cli.training import Wanted, convert_student, require_work, train_student

    require_work(model, to_gguf=to_gguf)
    wanted = Wanted(
        model=model,
        on=on,
        out=out,
        rows=rows,
        device=device,
        fresh=fresh,
        dry_run=dry_run,
        recipe={
            "method": method,
            "epochs": epochs,
            "learning_rate": learning_rate,
            "batch": batch,
            "accumulation": accumulation,
            "max_length": max_length,
            "rank": rank,
            "seed": seed,
        },
    )
    console, here = Console(), Path.cwd()  # the working folder changes with the project
    folder = wanted.folder(here)
    if model is not None:
        train_student(wanted, folder, console)
    if to_gguf and not dry_run:
        convert_student(folder, here, here / converter if converter else None, gguf_type, console)
