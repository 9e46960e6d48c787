"""Whole files on any fsspec path: written atomically, read with errors that say what to do.

A file is there whole or not at all: on a local disk through a temporary file that is renamed once
its bytes are on the disk, on an object store through one put, on a file server (SFTP, HDFS and the
like) through a temporary file that is moved. What can do none of these is refused. What the bytes
mean belongs to the callers (`parquet_io_manager`, the dataset export, the ledger's export).
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
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from resources.errors import StorageError

STALE_TEMPORARY_SECONDS: Final = 3600.0
"""Age after which a temporary file is taken for the leftover of a killed process."""

_PUTS_ON_CLOSE: Final = frozenset({"hf"})
"""Protocols whose files are sent when they are closed, in one piece, though nothing shows it."""

_USERINFO = re.compile(r"://[^/]*@")
SECRET_OPTIONS: Final = ("password", "passfile")
"""Options of a URL that hold a secret."""
_SECRETS = re.compile(rf"([?&](?:{'|'.join(SECRET_OPTIONS)})=)[^&]*")

_REMEDIES: Final = {
    errno.ENOSPC: "The disk is full: free space or choose another folder, then run again.",
    errno.EDQUOT: "The disk quota is used up: free space or choose another folder, then run again.",
    errno.EFBIG: "The file is larger than this process may write: raise the limit (ulimit -f).",
    errno.EROFS: "The file system is read-only: remount it or choose another folder.",
    errno.EACCES: "Give this user write and search permission there, or choose another folder.",
    errno.EPERM: "Give this user permission there, or choose another folder.",
    errno.EEXIST: "Mount that storage and give the local path, or choose another one.",
    errno.ENOTDIR: "A part of the path is a file: move that file away or choose another folder.",
    errno.EISDIR: "A folder has the name of the file: move it away or choose another folder.",
}


def join(base: str, *parts: str) -> str:
    """Return `base` extended by path parts; works for local folders and for URLs."""
    root = base if base.endswith("/") else f"{base}/"
    return root + "/".join(part.strip("/") for part in parts)


def canonical(url: str) -> str:
    """Return the same text for every spelling of a place, e.g. relative and absolute paths.

    Raises:
        StorageError: The kind of path is unknown.
    """
    filesystem, path = _resolve(url)
    return str(filesystem.unstrip_protocol(path)).rstrip("/")


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
    puts = _puts(filesystem)
    if not puts and type(filesystem).mv is AbstractFileSystem.mv:
        raise StorageError(
            "this kind of storage can neither put a file in one piece nor move one: a write that"
            " breaks off would leave half a file.",
            where=shown(url),
            remedy="Use a local path, an object store or SFTP.",
        )
    try:
        parent = filesystem._parent(path)  # noqa: SLF001  # fsspec has no public name for it
        filesystem.makedirs(parent, exist_ok=True)
        if puts:
            filesystem.pipe_file(path, data)
        else:
            _write_and_move(filesystem, path, data)
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
    return _SECRETS.sub(r"\1***", _USERINFO.sub("://", url))


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
    temporary = path.with_name(_temporary_name(path.name))
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


def _puts(filesystem: Any) -> bool:
    """Return whether a file system sends a file in one piece: object stores have their own put."""
    put = getattr(filesystem.pipe_file, "__func__", None)
    protocols = filesystem.protocol
    names = {protocols} if isinstance(protocols, str) else set(protocols)
    return put is not AbstractFileSystem.pipe_file or bool(names & _PUTS_ON_CLOSE)


def _write_and_move(filesystem: Any, path: str, data: bytes) -> None:
    folder, _, name = path.rpartition("/")
    temporary = f"{folder}/{_temporary_name(name)}"
    try:
        filesystem.pipe_file(temporary, data)
        filesystem.mv(temporary, path)
        filesystem.invalidate_cache()
        if filesystem.exists(temporary):  # some say nothing when they do not replace a file
            raise FileExistsError(errno.EEXIST, "this storage does not replace files")
    except BaseException:
        with suppress(Exception):  # told is what went wrong first: the connection may be gone
            filesystem.rm_file(temporary)
        raise


def _temporary_name(name: str) -> str:
    return f".{name}.{os.getpid()}-{secrets.token_hex(4)}.tmp"


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
