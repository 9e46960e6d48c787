"""The command `relgen rebuild`: a release made again without a server, and compared."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg
from rich.console import Console

from relgen_assets.cli.document import print_document
from relgen_assets.cli.exit_codes import ExitCode
from relgen_assets.cli.layout import say, write
from relgen_assets.cli.progress import shown_progress
from relgen_assets.cli.release_documents import RebuildDocument
from relgen_assets.cli.releases import print_release, release_document
from relgen_assets.definitions import build_defs, build_resources
from relgen_assets.orchestration.project import Project
from relgen_assets.orchestration.rebuilding import (
    answering_model,
    batches_of,
    ledger_pool,
    rebuild_batches,
    same_articles,
    scratch_settings,
)
from relgen_assets.orchestration.releasing import Release, make_release, release_order
from relgen_assets.release.manifest import Manifest, differences, read_manifest


def rebuild_release(
    project: Project, console: Console, original: Path | None, *, as_json: bool = False
) -> ExitCode:
    """Make a release again, print how it compares, and return the exit status.

    Args:
        project: The opened project.
        console: Where to print.
        original: The release to make again; by default one of all batches is made.
        as_json: Print one document instead.

    Raises:
        MissingAnswers: The ledger lacks answers.
        ActionableError: The release, a source or a batch cannot be read or made.
    """
    manifest = read_manifest(original) if original is not None else None
    with shown_progress():
        made = _rebuilt(project, manifest)
    different = differences(manifest, made.manifest) if manifest is not None else []
    if as_json:
        print_document(
            RebuildDocument(
                release=release_document(made),
                original=str(original) if original is not None else None,
                is_same=not different if manifest is not None else None,
                different=different,
            )
        )
    else:
        print_release(console, made, project.settings.rights.policy())
        _print_comparison(console, original, manifest, made, different)
    return ExitCode.FAILED if different else ExitCode.DONE


def _rebuilt(project: Project, manifest: Manifest | None) -> Release:
    """Make the batches in a scratch folder, and a release of them in the project's folder."""
    settings = project.settings
    batches = batches_of(project, manifest.batches if manifest is not None else None)
    released = manifest.models if manifest is not None else ()
    state = Path(settings.storage.state)
    state.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="rebuild-", dir=state) as scratch:
        own = scratch_settings(settings, Path(scratch))
        resources = build_resources(own, scope="")  # grants of the project that released count
        with (
            closing(resources.generation_ledger) as ledger,
            dg.DagsterInstance.ephemeral() as empty,
        ):
            pool = ledger_pool(own, ledger, answering_model(own, ledger, released))
            again = Project(own)
            same_articles(project, again, batches, store=resources.io_manager)
            definitions = build_defs(
                again, {"llama_server_pool": pool, "generation_ledger": ledger}
            )
            rebuild_batches(definitions, empty, batches)
            order = release_order(
                again,
                resources.io_manager,
                every_row=manifest is not None and manifest.every_row,
            )
            return make_release(order, own.storage.dataset, Path(settings.storage.releases), None)


def _print_comparison(
    console: Console,
    original: Path | None,
    manifest: Manifest | None,
    made: Release,
    different: list[str],
) -> None:
    if manifest is None:
        return
    if not different:
        say(console, f"The same as {original}, byte for byte.")
        return
    for path in different:
        write(console, f"different: {path}")
    now = made.manifest
    for what, before, after in (
        ("relgen", manifest.relgen, now.relgen),
        ("the rules", manifest.rules, now.rules),
        ("the writer of parquet files", manifest.writer, now.writer),
    ):
        if before != after:
            say(console, f"{what}: {before} made the original, {after} this one")
    say(console, f"Not the same as {original}: {len(different)} files differ.")
