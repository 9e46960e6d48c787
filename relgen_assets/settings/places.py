"""Where the paths of the settings lead: every one by the same rules.

`~` is the home of the user, and a relative path begins in the project folder, wherever a command or
a daemon was started. URLs of other storages stay as they are. Which settings are paths is marked
where they are declared (`resources.path_settings`).
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from relgen_assets.domain_errors import ConfigurationError
from resources.path_settings import LeadsTo, marked

_SQLITE: Final = "sqlite:///"
_IN_MEMORY: Final = ("", ":memory:")


def resolve(settings: BaseModel, root: Path) -> None:
    """Make the paths of settings absolute, in place.

    Args:
        settings: The settings, as they were read.
        root: The project folder.

    Raises:
        ConfigurationError: A path begins in the home of a user that there is not.
    """
    for owner, name, mark in marked(settings):
        # Not by assignment: whether a user has set it is told by the model's own record.
        owner.__dict__[name] = _changed(owner.__dict__[name], _RULES[mark], root)


def absolute(value: str, root: Path) -> str:
    """Return a path of the settings in full; a URL as it is."""
    if "://" in value or "::" in value:
        return value
    try:
        return str(root.resolve() / Path(value).expanduser())
    except RuntimeError as error:
        raise ConfigurationError(
            "there is no such user, so no home to begin in.",
            where=value,
            remedy="Name the folder in full, or from the project folder.",
        ) from error


def from_here(value: str) -> str:
    """Return a path as people write it in the working folder, or in full if it is elsewhere."""
    return within(value, Path.cwd())


def within(value: str, root: Path) -> str:
    """Return a path as it is from the project folder; it stays the same if that is moved."""
    folder = root.resolve()
    path = Path(value)
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else value


def _of_pattern(value: str, root: Path) -> str:
    """Return a path in full; brackets in the name of the project folder belong to no pattern."""
    if not glob.has_magic(value) or Path(whole := absolute(value, root)).exists():
        return absolute(value, root)
    begins = "" if whole == value or value.startswith("~") else str(root.resolve())
    return glob.escape(begins) + whole.removeprefix(begins)


def _of_dataset(value: str, root: Path) -> str:
    """Return the folder of a dataset, or the id of one on the hub as it is."""
    local = absolute(value, root)
    return local if value.startswith(("~", ".", "/")) or Path(local).is_dir() else value


def _of_database(url: str, root: Path) -> str:
    """Return the URL of a database; that of an SQLite file names it in full."""
    path, mark, options = url.removeprefix(_SQLITE).partition("?")
    if not url.startswith(_SQLITE) or path in _IN_MEMORY:
        return url
    return f"{_SQLITE}{absolute(path, root)}{mark}{options}"


_RULES: Final[Mapping[LeadsTo, Callable[[str, Path], str]]] = {
    LeadsTo.place: absolute,
    LeadsTo.pattern: _of_pattern,
    LeadsTo.database: _of_database,
    LeadsTo.dataset: _of_dataset,
}


def _changed(value: Any, change: Callable[[str, Path], str], root: Path) -> Any:
    if isinstance(value, list):
        return [_changed(one, change, root) for one in value]
    return change(value, root) if isinstance(value, str) and value else value
