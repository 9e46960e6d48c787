"""Writes a file atomically, in three ways: for local disks, object stores and file servers.

A reader sees the old bytes or the new ones, nothing in between, and a writer that dies leaves at
most a hidden temporary file. Choosing a way and explaining errors belong to `storage`.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from fsspec import AbstractFileSystem

STALE_TEMPORARY_SECONDS: Final = 3600.0
"""Age in seconds from which a temporary file counts as left by a killed process."""

_PUTS_ON_CLOSE: Final = frozenset({"hf"})
"""Protocols that upload a file in one piece on close, although their class does not show it."""


def write_local(path: Path, data: bytes) -> None:
    """Write a local file through a temporary one, renamed once its bytes are on disk.

    Raises:
        OSError: The file cannot be written; the old one is unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_stale_temporaries(path)
    temporary = path.with_name(_temporary_name(path.name))
    # Plain open() rather than tempfile, so the finished file gets the umask's permissions.
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


def write_new(path: Path, data: bytes) -> bool:
    """Write a local file unless one is there; return whether it was written.

    Raises:
        OSError: The file cannot be written; no part of it is left.
    """
    try:
        with path.open("xb") as file:  # never replaces a file, not even in a race
            try:
                file.write(data)
                file.flush()
            except BaseException:
                path.unlink(missing_ok=True)
                raise
    except FileExistsError:
        return False
    return True


def puts_whole(filesystem: Any) -> bool:
    """Return whether a file system uploads a file in one piece, as object stores do."""
    put = getattr(filesystem.pipe_file, "__func__", None)
    protocols = filesystem.protocol
    names = {protocols} if isinstance(protocols, str) else set(protocols)
    return put is not AbstractFileSystem.pipe_file or bool(names & _PUTS_ON_CLOSE)


def can_move(filesystem: Any) -> bool:
    """Return whether a file system renames files itself instead of copying them."""
    return type(filesystem).mv is not AbstractFileSystem.mv


def write_and_move(filesystem: Any, path: str, data: bytes) -> None:
    """Write a temporary file on a file server and move it into place.

    Raises:
        FileExistsError: The storage does not replace files.
        Exception: Whatever the storage client raises.
    """
    folder, _, name = path.rpartition("/")
    temporary = f"{folder}/{_temporary_name(name)}"
    try:
        filesystem.pipe_file(temporary, data)
        filesystem.mv(temporary, path)
        filesystem.invalidate_cache()
        if filesystem.exists(temporary):  # some servers silently keep the old file
            raise FileExistsError(errno.EEXIST, "this storage does not replace files")
    except BaseException:
        with suppress(Exception):  # report the original error; the connection may be gone
            filesystem.rm_file(temporary)
        raise


def _temporary_name(name: str) -> str:
    return f".{name}.{os.getpid()}-{secrets.token_hex(4)}.tmp"


def _remove_stale_temporaries(path: Path) -> None:
    """Remove what killed processes left behind, but not what another run is writing."""
    oldest = time.time() - STALE_TEMPORARY_SECONDS
    for name in os.listdir(path.parent):  # noqa: PTH208  # glob would read the name as a pattern
        if name.startswith(f".{path.name}.") and name.endswith(".tmp"):
            leftover = path.with_name(name)
            with suppress(FileNotFoundError):
                if leftover.stat().st_mtime < oldest:
                    leftover.unlink()


def _sync_folder(folder: Path) -> None:
    """Make a rename durable: the folder's entry must reach the disk as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems refuse to sync a folder; the rename itself succeeded.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
