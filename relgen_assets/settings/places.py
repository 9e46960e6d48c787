"""Where the paths of the settings lead: every one by the same rules.

`~` is the home of the user, and a relative path begins in the project folder, wherever a command or
a daemon was started. URLs of other storages stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import BaseModel

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
_SQLITE: Final = "sqlite:///"
_IN_MEMORY: Final = ("", ":memory:")


def resolve(settings: BaseModel, root: Path) -> None:
    """Make the paths of settings absolute, in place.

    Args:
        settings: The settings, as they were read.
        root: The project folder.
    """
    for section, name in _FOLDERS:
        _replace(getattr(settings, section), name, lambda value: absolute(value, root))
    _replace(settings.source, "dataset", lambda value: _of_dataset(value, root))
    _replace(settings.ledger, "url", lambda value: _of_database(value, root))


def absolute(value: str, root: Path) -> str:
    """Return a path of the settings in full; a URL as it is."""
    if "://" in value or "::" in value:
        return value
    return str(root.resolve() / Path(value).expanduser())


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


def _replace(section: BaseModel, name: str, change: Callable[[str], str]) -> None:
    value = section.__dict__.get(name)
    if isinstance(value, str) and value:
        # Not by assignment: whether a user has set it is told by the model's own record.
        section.__dict__[name] = change(value)
