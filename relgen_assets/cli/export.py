"""The command `relgen export`: copies of the dataset in files that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from relgen_assets.cli.layout import say
from relgen_assets.cli.opening import open_project

_MLX = "mlx"


def export(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; made if it is not there.")],
    form: Annotated[
        Literal["mlx", "csv", "jsonl"],
        typer.Option("--format", "-f", help="mlx-lm's folder, CSV, or JSON lines."),
    ],
    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            "-c",
            help="Config of the dataset. Default: chat for mlx, prompt_completion for jsonl, core"
            " for csv.",
        ),
    ] = None,
) -> None:
    """Copy a config of the dataset into files, one for each split.

    CSV of `prompts` is a folder for each of the six prompts.
    """
    from relgen_assets.export.folders import default_config
    from relgen_assets.export.folders import export as write

    project = open_project()
    console = Console()
    root = project.settings.storage.dataset
    for one in write(root, folder, form, config or default_config(form)):
        say(console, f"{one.file}: {one.rows:,} rows")
    if form == _MLX:
        say(console, f"Train on the answers: mlx_lm.lora --train --mask-prompt --data {folder}")
