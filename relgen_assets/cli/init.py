"""The command `relgen init`: make a project in any folder, without a clone of the repository.

The files come with the package, in `orchestration/project_files`. Existing files are kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

FILES = {
    "relgen.toml": "settings: your articles, your servers",
    "dagster.yaml": "Dagster: where runs are kept, how many at a time",
    "workspace.yaml": "Dagster: where the assets are",
    ".gitignore": "what git should leave alone",
}
"""The files of a project, and what each is for."""


def init(
    folder: Annotated[
        Path, typer.Argument(help="Folder of the project; made if missing.")
    ] = Path(),
) -> None:
    """Make a project: settings with comments, and Dagster's files. Existing files are kept."""
    from relgen_assets.domain_errors import StorageError
    from relgen_assets.orchestration.project import find_root

    console = Console(soft_wrap=True, highlight=False)
    target = folder.resolve()
    _refuse_package(target)
    try:
        target.mkdir(parents=True, exist_ok=True)
        console.print(f"Project in {target}", markup=False)
        for name, purpose in FILES.items():
            made = "made" if _write(target / name) else "kept"
            console.print(f"  {made}  {name:<16}{purpose}", markup=False)
    except OSError as error:
        raise StorageError(
            f"the project cannot be made: {error.strerror}.",
            where=str(error.filename or target),
            remedy="Name a folder that you may write to.",
        ) from error
    outer = find_root(target.parent)
    if outer != target.parent or (outer / "relgen.toml").is_file():
        console.print(f"It lies inside the project {outer}, and is one of its own.", markup=False)
    _tell_next_steps(console, target)


def _write(path: Path) -> bool:
    """Write a file of the package, unless one is there; return whether it was written."""
    from relgen_assets.orchestration.home import shipped_file
    from resources.atomic_write import write_new

    return write_new(path, shipped_file(path.name.removeprefix(".")).read_bytes())


def _refuse_package(target: Path) -> None:
    """Refuse a folder inside the installed package.

    Raises:
        ConfigurationError: It is one; the next upgrade would delete the project.
    """
    import relgen_assets
    from relgen_assets.domain_errors import ConfigurationError

    package = Path(relgen_assets.__file__).resolve().parent
    if package in (target, *target.parents):
        raise ConfigurationError(
            "this folder is part of the installed package.",
            where=str(target),
            remedy="Name a folder of your own: relgen init my-project",
        )


def _tell_next_steps(console: Console, target: Path) -> None:
    console.print("\nNext:")
    if target != Path.cwd():
        console.print(f"  cd {_quoted(target)}", markup=False)
    console.print("  relgen doctor      # is everything there that a run needs?")
    console.print("  relgen run         # the sample articles, or those that relgen.toml names")
    console.print("  relgen ui          # every step in the web UI")


def _quoted(path: Path) -> str:
    import shlex

    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if here in path.parents else path))
