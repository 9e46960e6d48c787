"""Errors that no one foresaw: those of the machine in plain words, all others into a file.

A full disk or a missing permission can meet any write, in Dagster's database as in our own files.
They are recognised here by what the operating system or the database says.
"""

from __future__ import annotations

import errno
import platform
import sys
import tempfile
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from resources.errors import ActionableError, StorageError
from resources.redaction import redacted

LOG = Path("logs", "errors.log")
_PACKAGE = "relgen-assets"
_AGAIN = "Finished answers are kept: then run the same command again."
_FREE = f"Free some space. {_AGAIN}"
_MEMORY = f"Stop other programs, or raise the limit (`ulimit -v`, of the container). {_AGAIN}"
_ALLOW = f"Give this user the right to write there. {_AGAIN}"
_REMEDIES = {
    errno.ENOSPC: ("the disk is full.", _FREE),
    errno.EDQUOT: ("the disk quota is used up.", _FREE),
    errno.EACCES: ("permission denied.", _ALLOW),
    errno.EPERM: ("permission denied.", _ALLOW),
    errno.EROFS: ("the disk is read-only.", _ALLOW),
    errno.EMFILE: ("too many files are open.", f"Raise the limit (`ulimit -n`). {_AGAIN}"),
    errno.ENFILE: ("the machine has too many open files.", f"Stop other programs. {_AGAIN}"),
    errno.ENOMEM: ("the memory is used up.", _MEMORY),
    errno.EIO: ("the disk failed or is full.", f"Check it and free some space. {_AGAIN}"),
}
_DAMAGED = (
    "it is damaged.",
    "Dagster's history is in `dagster` of the project's state folder, by default `.relgen`: move it"
    " away, or bring it back from a backup. Answers are in the ledger, tables and dataset in their"
    " own folders.",
)
_SAID_BY_SQLITE = {
    "database or disk is full": _REMEDIES[errno.ENOSPC],
    "readonly database": _REMEDIES[errno.EROFS],
    "unable to open database file": (
        "it cannot be opened.",
        "Give this user the right to write there, and the process enough open files (`ulimit -n`)."
        f" {_AGAIN}",
    ),
    "disk i/o error": (
        "the disk failed or is full, or the memory is used up.",
        f"Check them and free some. {_AGAIN}",
    ),
    "file is not a database": _DAMAGED,
    "disk image is malformed": _DAMAGED,
}
_NO_THREAD = "can't start new thread"
"""What Python says where the system gives no memory, or no process id, to another thread."""


def explain(error: BaseException) -> ActionableError | None:
    """Return what a person can do about an error of the machine; `None` for any other error."""
    for cause in _causes(error):
        if isinstance(cause, ActionableError):
            return cause
        if isinstance(cause, OSError) and cause.errno in _REMEDIES:
            return _actionable(_REMEDIES[cause.errno], str(cause.filename or ""))
        if isinstance(cause, MemoryError) or _NO_THREAD in str(cause):
            return _actionable(_REMEDIES[errno.ENOMEM], "")
        if type(cause).__module__ == "sqlite3":
            said = str(cause).lower()
            for words, meaning in _SAID_BY_SQLITE.items():
                if words in said:
                    return _actionable(meaning, "a SQLite database")
    return None


def record(error: BaseException) -> ActionableError:
    """Write the traceback of an error to a file, and return a line that names the file."""
    written = redacted("".join(traceback.format_exception(error)))
    about = f"{type(error).__name__}: {error}".splitlines()[0].rstrip(".")
    try:
        file = _append(written)
    except (OSError, ImportError):
        return ActionableError(f"unexpected: {about}.", remedy=f"Please report it:\n{written}")
    return ActionableError(
        f"unexpected: {about}.",
        remedy=f"The traceback is in {file}: please report it{_where()}."
        " Finished answers are kept.",
    )


def told(error: BaseException) -> ActionableError:
    """Return an error as a person is told of it; of an unforeseen one the traceback is filed."""
    return explain(error) or record(error)


def _actionable(meaning: tuple[str, str], where: str) -> ActionableError:
    what, remedy = meaning
    return StorageError(what, where=where, remedy=remedy)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what led to it, the newest first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _append(text: str) -> Path:
    """Append a traceback to the log of the project; elsewhere, to one in the temporary folder."""
    from relgen_assets.settings import STATE_FOLDER

    project = Path(STATE_FOLDER).is_dir()
    file = Path(STATE_FOLDER, LOG) if project else Path(tempfile.gettempdir(), f"relgen-{LOG.name}")
    file.parent.mkdir(parents=True, exist_ok=True)
    arguments = redacted(" ".join(sys.argv[1:]))
    head = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC: relgen {arguments}\n{_versions()}\n"
    with file.open("a", encoding="utf-8") as log:
        log.write(f"{head}{text}\n")
    return file


def _versions() -> str:
    packages = (_PACKAGE, "dagster")
    named = ", ".join(f"{name} {_metadata(name, 'Version')}" for name in packages)
    return f"{named}, Python {platform.python_version()}, {platform.platform()}"


def _where() -> str:
    """Return where to report errors, as the package says."""
    for link in _metadata(_PACKAGE, "Project-URL").splitlines():
        name, _, url = link.partition(", ")
        if name == "Issues":
            return f" at {url}"
    return ""


def _metadata(package: str, field: str) -> str:
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        return "\n".join(metadata(package).get_all(field) or ())
    except PackageNotFoundError:
        return ""
