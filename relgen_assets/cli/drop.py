"""The command `relgen drop`: remove batches, after a look at what would go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console

from relgen_assets.cli.layout import say
from relgen_assets.cli.running import select_batches
from relgen_assets.definitions import build_defs, build_resources
from relgen_assets.export.shards import shard_places
from relgen_assets.orchestration.dropping import stored_batches
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.runs import opened_instance, run_drop
from relgen_assets.rows.asset_tables import STORED_TABLES
from resources.parquet_io_manager import ParquetIOManager


def drop_batches(
    project: Project, console: Console, root: Path, selection: Sequence[str], *, confirmed: bool
) -> None:
    """Remove the tables and shards of batches, write the card anew and print what was removed.

    Args:
        project: The opened project.
        console: Where to print.
        root: The project folder, home of the Dagster instance.
        selection: Batch keys or ranges; also stored batches that the settings no longer name.
        confirmed: Remove without asking.

    Raises:
        ConfigurationError: There is no such batch.
        ActionableError: A run is working on a batch, or a file cannot be removed.
        typer.Abort: The answer to the question was no.
    """
    dataset = project.settings.storage.dataset
    tables = build_resources(project.settings).io_manager
    stored = stored_batches(tables, dataset)
    keys: list[str] = []
    for named in selection:
        keys += [named] if named in stored else select_batches(project.batches, [named])
    held = [key for key in dict.fromkeys(keys) if key in stored]
    if not held:
        console.print("Nothing to remove: these batches have no tables and no shards.")
        return
    lines = {key: _contents(tables, dataset, key) for key in held}
    if not confirmed:
        for line in lines.values():
            say(console, line)
        typer.confirm("Remove them? Answers stay in the ledger.", abort=True)
    definitions = build_defs(project)
    with opened_instance(root) as instance:
        for key, line in lines.items():
            run_drop(definitions, instance, key)
            say(console, f"removed {line}")
    console.print("The card is written anew. Making a batch again asks nothing: relgen run")


def _contents(tables: ParquetIOManager, dataset: str, key: str) -> str:
    """Return what is stored of a batch, in one line."""
    written = [one.asset for one in STORED_TABLES if tables.exists(one.asset, key)]
    shards = sum(partition == key for _, _, partition in shard_places(dataset))
    return f"{key}: {len(written)} tables ({', '.join(written) or 'none'}) and {shards} shards"
