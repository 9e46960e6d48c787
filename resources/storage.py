"""Whole files on any fsspec path: written atomically, read with errors that say what to do.

A file is there whole or not at all: on a local disk through a temporary file that is renamed once
its bytes are on the disk, on an object store through one put. What the bytes mean belongs to the
callers (`parquet_io_manager`, the dataset export, the ledger's export).
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import fsspec
from fsspec.implementations.local import LocalFileSystem

from resources.errors import StorageError

STALE_TEMPORARY_SECONDS: Final = 3600.0
"""Age after which a temporary file is taken for the leftover of a killed process."""

_USERINFO = re.compile(r"://[^/]*@")
_SECRET_OPTIONS = re.compile(r"([?&](?:password|passfile)=)[^&]*")

_REMEDIES: Final = {
    errno.ENOSPC: "The disk is full: free space or choose another folder, then run again.",
    errno.EDQUOT: "The disk quota is used up: free space or choose another folder, then run again.",
    errno.EFBIG: "The file is larger than this process may write: raise the limit (ulimit -f).",
    errno.EROFS: "The file system is read-only: remount it or choose another folder.",
    errno.EACCES: "Give this user write and search permission there, or choose another folder.",
    errno.EPERM: "Give this user permission there, or choose another folder.",
    errno.ENOTDIR: "A part of the path is a file: move that file away or choose another folder.",
    errno.EISDIR: "A folder has the name of the file: move it away or choose another folder.",
}


def join(base: str, *parts: str) -> str:
    """Return `base` extended by path parts; works for local folders and for URLs."""
    root = base if base.endswith("/") else f"{base}/"
    return root + "/".join(part.strip("/") for part in parts)


def write_atomic(url: str, data: bytes) -> None:
    """Write a whole file, so that a reader sees the old bytes or the new ones, nothing between.

    Locally the bytes are on the disk when this returns. Missing folders are created. A failed
    write leaves the old file as it was and no temporary file.

    Args:
        url: Local path or any fsspec URL.
        data: The complete content.

    Raises:
        StorageError: The file cannot be written; the message names it and the remedy.
    """
    filesystem, path = _resolve(url)
    if isinstance(filesystem, LocalFileSystem):
        try:
            _write_local(Path(path), data)
        except OSError as error:
            raise _storage_error("the file cannot be written", url, error) from error
        return
    try:
        parent = filesystem._parent(path)  # noqa: SLF001  # fsspec has no public name for it
        filesystem.makedirs(parent, exist_ok=True)
        filesystem.pipe_file(path, data)
    except Exception as error:  # every object store's client has exceptions of its own
        raise _storage_error("the file cannot be written", url, error) from error


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
        raise _storage_error("the file cannot be read", url, error) from error


def exists(url: str) -> bool:
    """Return whether there is a file or folder at `url`.

    Raises:
        StorageError: The place cannot be asked.
    """
    filesystem, path = _resolve(url)
    try:
        filesystem.invalidate_cache()
        return bool(filesystem.exists(path))
    except Exception as error:  # every object store's client has exceptions of its own
        raise _storage_error("the storage cannot be asked", url, error) from error


def list_files(url: str, suffix: str = "") -> list[str]:
    """Return the sorted names of the files directly in a folder; none when it does not exist.

    Hidden files, and so the temporary files of writes under way, are left out.

    Args:
        url: The folder.
        suffix: Keep only names that end so, e.g. `.parquet`.

    Raises:
        StorageError: The folder cannot be listed.
    """
    filesystem, path = _resolve(url)
    try:
        filesystem.invalidate_cache()  # object stores remember listings across writes of others
        found = filesystem.ls(path, detail=True)
    except FileNotFoundError:
        return []
    except Exception as error:  # every object store's client has exceptions of its own
        raise _storage_error("the folder cannot be listed", url, error) from error
    names = [str(item["name"]).rpartition("/")[2] for item in found if item["type"] == "file"]
    return sorted(name for name in names if name.endswith(suffix) and not name.startswith("."))


def remove(url: str) -> None:
    """Remove a file; one that is not there is no error.

    Raises:
        StorageError: The file cannot be removed.
    """
    filesystem, path = _resolve(url)
    try:
        filesystem.rm_file(path)
    except FileNotFoundError:
        return
    except Exception as error:  # every object store's client has exceptions of its own
        raise _storage_error("the file cannot be removed", url, error) from error


def shown(url: str) -> str:
    """Return a URL fit for a log or an error: without user name and password."""
    return _SECRET_OPTIONS.sub(r"\1***", _USERINFO.sub("://", url))


def _resolve(url: str) -> tuple[Any, str]:
    """Return the file system of a URL and the path within it."""
    try:
        filesystem, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise StorageError(
            f"this kind of path cannot be opened: {error}.",
            where=shown(url),
            remedy="Correct the URL, or install the fsspec package it needs.",
        ) from error
    return filesystem, str(path)


def _write_local(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_stale_temporaries(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    # Plain open() rather than tempfile: the finished file gets the permissions of the umask.
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _remove_stale_temporaries(path: Path) -> None:
    """Remove what killed processes left behind, but not what another run is writing now."""
    oldest = time.time() - STALE_TEMPORARY_SECONDS
    for name in os.listdir(path.parent):  # noqa: PTH208  # glob would read the name as a pattern
        if name.startswith(f".{path.name}.") and name.endswith(".tmp"):
            leftover = path.with_name(name)
            with suppress(FileNotFoundError):
                if leftover.stat().st_mtime < oldest:
                    leftover.unlink()


def _sync_folder(folder: Path) -> None:
    """Make a rename durable: the folder's own entry has to reach the disk as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems refuse to sync a folder; the rename itself has happened.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def _storage_error(what: str, url: str, error: Exception) -> StorageError:
    code = error.errno if isinstance(error, OSError) else None
    reason = (error.strerror if isinstance(error, OSError) else None) or shown(str(error))
    return StorageError(
        f"{what}: {reason or type(error).__name__}.",
        where=shown(url),
        remedy=_REMEDIES.get(code or 0, "Check the path, the connection and the credentials."),
    )
