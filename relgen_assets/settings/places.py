"""Where the paths of the settings lead: every one by the same rules.

`~` is the home of the user, and a relative path begins in the project folder, wherever a command or
a daemon was started. URLs of other storages stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from relgen_assets.domain_errors import ConfigurationError

_FOLDERS: Final = (
    ("source", "path"),
    ("prompts", "folder"),
    ("chunking", "tokenizer"),
    ("dataset", "tokenizer"),
    ("storage", "data"),
    ("storage", "dataset"),
    ("storage", "releases"),
    ("storage", "state"),
)
_DATASETS: Final = (("source", "dataset"),)
_DATABASES: Final = (("ledger", "url"),)
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
    kinds = ((_FOLDERS, absolute), (_DATASETS, _of_dataset), (_DATABASES, _of_database))
    for places, change in kinds:
        for section, name in places:
            _replace(getattr(settings, section), name, root, change)


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


def _replace(section: BaseModel, name: str, root: Path, change: Callable[[str, Path], str]) -> None:
    value = section.__dict__.get(name)
    if isinstance(value, str) and value:
        # Not by assignment: whether a user has set it is told by the model's own record.
        section.__dict__[name] = change(value, root)
