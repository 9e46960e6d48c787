"""The home of the Dagster instance: a folder that holds `dagster.yaml`.

It is `DAGSTER_HOME` where that is set, and otherwise the project folder. A project without a
`dagster.yaml` gets the shipped one in its state folder, so that it, too, has queue limits, keeps
its files together and sends no telemetry.

Opening the instance belongs to `runs`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from importlib.resources import files
from pathlib import Path

from relgen_assets.domain_errors import ConfigurationError, StorageError
from relgen_assets.settings import STATE_FOLDER
from resources.atomic_write import write_local

INSTANCE_FILE = "dagster.yaml"
WORKSPACE_FILE = "workspace.yaml"
LOCATION = "relgen"
"""Name of the code location in every workspace: a queued run is found by it."""
_HOME = "DAGSTER_HOME"
_BATCH_SIZE = "DAGSTER_EVENT_BATCH_SIZE"
_EVENTS_AT_ONCE = "100"
"""A run begins with the news of everything that it will make and check, 29 events for a batch of
articles. Dagster stores up to so many of them at once; without its variable, one by one."""
_SHIPPED_NOTE = "# Written by relgen at each start. For one of your own, run: relgen init\n"


class Origin(Enum):
    """What decided where the home is."""

    environment = "DAGSTER_HOME"
    project = "the project's dagster.yaml"
    shipped = "the shipped defaults"


@dataclass(frozen=True, slots=True)
class Home:
    """The home of the instance.

    Attributes:
        folder: Absolute path.
        origin: What decided it.
    """

    folder: Path
    origin: Origin


def find_home(root: Path) -> Home:
    """Return the home of a project's instance; writes nothing.

    Raises:
        ConfigurationError: `DAGSTER_HOME` is relative, or not a folder.
    """
    root = root.resolve()
    if named := os.environ.get(_HOME, "").strip():
        folder = Path(named)
        if not folder.is_absolute():
            fault = "the path is relative, so it means another folder in every process."
        elif not folder.is_dir():
            fault = "this is not a folder."
        else:
            return Home(folder, _origin(folder.resolve(), root))
        raise ConfigurationError(
            fault,
            where=f"{_HOME}={named}",
            remedy=f"Unset it, so that relgen uses {root}, or name an existing folder in full.",
        )
    if (root / INSTANCE_FILE).is_file():
        return Home(root, Origin.project)
    return Home(root / STATE_FOLDER, Origin.shipped)


def prepare_home(root: Path) -> Home:
    """Make sure that the home exists, and name it in `DAGSTER_HOME` for this and child processes.

    They also store what a run plans at once, unless the environment says otherwise.

    Raises:
        ConfigurationError: `DAGSTER_HOME` is relative, or not a folder.
        StorageError: The state folder cannot be written.
    """
    home = find_home(root)
    state = root / STATE_FOLDER
    try:
        if home.origin is not Origin.environment:
            state.mkdir(exist_ok=True)
        if home.origin is Origin.shipped:
            _write_shipped(home.folder / INSTANCE_FILE)
    except OSError as error:
        raise StorageError(
            f"the state of the project cannot be written: {error.strerror}.",
            where=str(state),
            remedy="Use a folder that you may write to.",
        ) from error
    os.environ[_HOME] = str(home.folder)
    os.environ[_BATCH_SIZE] = os.environ.get(_BATCH_SIZE) or _EVENTS_AT_ONCE
    return home


def shipped_file(name: str) -> Path:
    """Return the path of a file that `relgen init` copies, such as `workspace.yaml`."""
    return Path(str(files("relgen_assets.orchestration") / "project_files" / name))


def workspace_file(root: Path) -> Path:
    """Return the workspace of a project: its own, or the shipped one."""
    own = root / WORKSPACE_FILE
    return own if own.is_file() else shipped_file(WORKSPACE_FILE)


def _origin(folder: Path, root: Path) -> Origin:
    """Return what decided a home that `DAGSTER_HOME` names; a parent process may have set it."""
    if folder == root / STATE_FOLDER:
        return Origin.shipped
    own = folder == root and (root / INSTANCE_FILE).is_file()
    return Origin.project if own else Origin.environment


def _write_shipped(path: Path) -> None:
    # Paths in it begin in its folder, and everything stays where a file of the project leaves it.
    shipped = shipped_file(INSTANCE_FILE).read_bytes()
    text = _SHIPPED_NOTE.encode() + shipped.replace(f" {STATE_FOLDER}/".encode(), b" ")
    if not path.is_file() or path.read_bytes() != text:
        write_local(path, text)  # others may be reading it
