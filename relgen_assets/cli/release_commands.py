"""The commands about releases: `relgen release`, `verify`, `rebuild` and `publish`.

Imports are inside the commands, because Dagster takes seconds to import.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from relgen_assets.cli.opening import open_project, project_root
from relgen_assets.cli.progress import loading
from relgen_assets.domain_errors import ConfigurationError

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document; messages go to standard error.")
]


def release(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Name of the release, or the path of a new folder. Default: it follows from the"
            " content."
        ),
    ] = None,
    every_row: Annotated[
        bool, typer.Option("--all", help="Keep rows that may not be published, for yourself.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a version of the dataset that never changes; exits 1 unless all checks are green."""
    with loading():
        from relgen_assets.cli.releases import release_dataset

    place = str(Path(name).absolute()) if name is not None and "/" in name else name
    project, console = open_project(), Console(stderr=as_json)
    release_dataset(project, console, project_root(), place, every_row=every_row, as_json=as_json)


def verify(
    folder: Annotated[
        str | None,
        typer.Argument(help="A release: its folder, or its name. Default: the newest."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a release with its manifest; exits 1 if a file is missing, added or changed."""
    from relgen_assets.cli.verifying import verify_release

    found = _existing(folder)
    raise typer.Exit(verify_release(found, Console(stderr=as_json), as_json=as_json))


def rebuild(
    folder: Annotated[
        str | None,
        typer.Argument(
            help="The release to make again: its folder, or its name. Default: the newest; all"
            " batches if there is none."
        ),
    ] = None,
    from_ledger: Annotated[
        bool, typer.Option("--from-ledger", help="Take every answer from the ledger; ask nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a release again from articles and ledger, without any server; exits 1 if it differs."""
    if not from_ledger:
        raise ConfigurationError(
            "a release is made again from the ledger only.",
            where="relgen rebuild",
            remedy="Say so: relgen rebuild --from-ledger",
        )
    with loading():
        from relgen_assets.cli.rebuilding import rebuild_release
        from relgen_assets.release.places import releases_in

    original = None if folder is None else _existing(folder)
    project, console = open_project(), Console(stderr=as_json)
    if folder is None:
        original = next(reversed(releases_in(Path(project.settings.storage.releases))), None)
    raise typer.Exit(rebuild_release(project, console, original, as_json=as_json))


def publish(
    repo: Annotated[
        str | None,
        typer.Option(help="Dataset repository, owner/name. Default: publishing.repo."),
    ] = None,
    release_: Annotated[
        str | None,
        typer.Option("--release", help="A release: its folder, or its name. Default: the newest."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would change there; needs no token that writes."),
    ] = False,
    public: Annotated[
        bool, typer.Option("--public", help="Make the repository public, or publish to one.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Publish a release on the Hugging Face Hub, private by default; only what has changed."""
    with loading():
        from relgen_assets.cli.publishing import publish_release

    folder = _existing(release_)
    project, console = open_project(), Console(stderr=as_json)
    publish_release(project, console, folder, repo, public=public, dry_run=dry_run, as_json=as_json)


def _existing(named: str | None) -> Path:
    """Return the folder of a release; only a name, or none, needs a project."""
    from relgen_assets.release.places import existing_folder, find_release, newest_release

    if named is not None and (folder := existing_folder(named)) is not None:
        return folder
    releases = Path(open_project().settings.storage.releases)
    return find_release(releases, named) if named is not None else newest_release(releases)
