"""Whole files on any fsspec path: written atomically, read with errors that say what to do.

Storage that cannot write a file atomically is refused; how the others do it is in `atomic_write`.
What the bytes mean is up to the callers.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, Final

import fsspec
from fsspec.implementations.local import LocalFileSystem

from resources.atomic_write import can_move, puts_whole, write_and_move, write_local
from resources.errors import StorageError
from resources.redaction import redacted

STAMPS: Final = ("size", "mtime", "created", "LastModified", "last_modified", "ETag", "etag")
"""What filesystems tell of a file that changes when its content does."""

_REMEDIES: Final = {
    errno.ENOSPC: "The disk is full: free space or choose another folder, then run again.",
    errno.EDQUOT: "The disk quota is used up: free space or choose another folder, then run again.",
    errno.EFBIG: "The file is larger than this process may write: raise the limit (ulimit -f).",
    errno.EROFS: "The file system is read-only: remount it or choose another folder.",
    errno.EACCES: "Give this user write and search permission there, or choose another folder.",
    errno.EPERM: "Give this user permission there, or choose another folder.",
    errno.EEXIST: "Mount that storage and give the local path, or choose another storage.",
    errno.ENOTDIR: "A part of the path is a file: move that file away or choose another folder.",
    errno.EISDIR: "A folder has the name of this file: move it away or choose another folder.",
}


def join(base: str, *parts: str) -> str:
    """Return `base` extended by path parts; works for local folders and URLs."""
    root = base if base.endswith("/") else f"{base}/"
    return root + "/".join(part.strip("/") for part in parts)


def canonical(url: str) -> str:
    """Return the canonical spelling of a location, however it was written.

    Raises:
        StorageError: No file system is known for this kind of path.
    """
    filesystem, path = _resolve(url)
    return str(filesystem.unstrip_protocol(path)).rstrip("/")


def write_atomic(url: str, data: bytes) -> None:
    """Write a whole file atomically: a reader sees the old bytes or the new ones.

    Locally, the bytes are on disk when this returns. Missing folders are created. A failed write
    leaves the old file unchanged and no temporary file behind.

    Args:
        url: Local path or any fsspec URL.
        data: The complete content.

    Raises:
        StorageError: The file cannot be written; the message names it and the remedy.
    """
    filesystem, path = _resolve(url)
    if isinstance(filesystem, LocalFileSystem):
        try:
            write_local(Path(path), data)
        except OSError as error:
            raise storage_error("the file cannot be written", url, error) from error
        return
    puts = puts_whole(filesystem)
    if not puts and not can_move(filesystem):
        raise StorageError(
            "this kind of storage can neither put a file in one piece nor move one: an interrupted"
            " write would leave a partial file.",
            where=shown(url),
            remedy="Use a local path, an object store or SFTP.",
        )
    try:
        parent = filesystem._parent(path)  # noqa: SLF001  # fsspec has no public name for it
        filesystem.makedirs(parent, exist_ok=True)
        if puts:
            filesystem.pipe_file(path, data)
        else:
            write_and_move(filesystem, path, data)
    except Exception as error:  # every object store's client has exceptions of its own
        raise storage_error("the file cannot be written", url, error) from error


def read_bytes(url: str) -> bytes:
    """Return the whole content of a file.

    Raises:
        StorageError: The file is missing or cannot be read.
    """
    filesystem, path = _resolve(url)
    try:
        return bytes(filesystem.cat_file(path))
    except FileNotFoundError as error:
        raise StorageError("there is no such file.", where=shown(url)) from error
    except Exception as error:  # every object store's client has exceptions of its own
        raise storage_error("the file cannot be read", url, error) from error


def exists(url: str) -> bool:
    """Return whether a file or folder exists at `url`.

    Raises:
        StorageError: The storage does not answer.
    """
    filesystem, path = _resolve(url)
    try:
        filesystem.invalidate_cache()
        return bool(filesystem.exists(path))
    except Exception as error:  # every object store's client has exceptions of its own
        raise storage_error("the storage does not answer", url, error) from error


def list_files(url: str, suffix: str = "") -> list[str]:
    """Return the sorted names of the files directly in a folder; empty if it does not exist.

    Hidden files are left out, including the temporary files of unfinished writes.

    Args:
        url: The folder.
        suffix: Keep only names with this ending, e.g. `.parquet`.

    Raises:
        StorageError: The folder cannot be listed.
    """
    filesystem, path = _resolve(url)
    try:
        filesystem.invalidate_cache()  # object stores cache listings; others may have written
        found = filesystem.ls(path, detail=True)
    except FileNotFoundError:
        return []
    except Exception as error:  # every object store's client has exceptions of its own
        raise storage_error("the folder cannot be listed", url, error) from error
    names = [str(item["name"]).rpartition("/")[2] for item in found if item["type"] == "file"]
    return sorted(name for name in names if name.endswith(suffix) and not name.startswith("."))


def stamps(url: str, suffix: str = "") -> dict[str, str]:
    """Return the files directly in a folder, each with a stamp that changes when it is rewritten.

    Sorted by name, without hidden files; empty if there is no such folder. No file is opened.

    Args:
        url: The folder.
        suffix: Keep only names with this ending.

    Raises:
        StorageError: The folder cannot be listed.
    """
    filesystem, path = _resolve(url)
    try:
        if isinstance(filesystem, LocalFileSystem):
            found = _local_stamps(path, suffix)
        else:
            filesystem.invalidate_cache()
            found = {
                str(item["name"]).rpartition("/")[2]: _stamp(item)
                for item in filesystem.ls(path, detail=True)
                if item["type"] == "file"
            }
    except FileNotFoundError:
        return {}
    except Exception as error:  # every object store's client has exceptions of its own
        raise storage_error("the folder cannot be listed", url, error) from error
    wanted = (name for name in found if name.endswith(suffix) and not name.startswith("."))
    return {name: found[name] for name in sorted(wanted)}


def _local_stamps(path: str, suffix: str) -> dict[str, str]:
    """Return the same of a local folder; fsspec would spend most of the time on other facts."""
    found: dict[str, str] = {}
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.name.endswith(suffix) and entry.is_file():
                facts = entry.stat()
                found[entry.name] = f"{facts.st_mtime_ns} {facts.st_size} {facts.st_ino}"
    return found


def _stamp(item: dict[str, Any]) -> str:
    return " ".join(str(item[fact]) for fact in STAMPS if item.get(fact) is not None)


def remove(url: str) -> None:
    """Remove a file if it exists.

    Raises:
        StorageError: The file cannot be removed.
    """
    filesystem, path = _resolve(url)
    try:
        filesystem.rm_file(path)
    except FileNotFoundError:
        return
    except Exception as error:  # every object store's client has exceptions of its own
        raise storage_error("the file cannot be removed", url, error) from error


def shown(url: str) -> str:
    """Return the location as messages and metadata name it, without its secrets."""
    return redacted(url)


def storage_error(what: str, url: str, error: Exception) -> StorageError:
    """Return an error of a file system as one that a person can act on.

    Args:
        what: What could not be done, e.g. "the file cannot be written".
        url: The file or folder.
        error: What the file system raised.
    """
    code = error.errno if isinstance(error, OSError) else None
    reason = (error.strerror if isinstance(error, OSError) else None) or shown(str(error))
    return StorageError(
        f"{what}: {reason or type(error).__name__}.",
        where=shown(url),
        remedy=_REMEDIES.get(code or 0, "Check the path, the connection and the credentials."),
    )


def _resolve(url: str) -> tuple[Any, str]:
    """Return the file system of a URL and the path within it."""
    try:
        filesystem, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise StorageError(
            f"this kind of path cannot be opened: {error}.",
            where=shown(url),
            remedy="Correct the URL, or install the fsspec package that it needs.",
        ) from error
    return filesystem, str(path)
