"""Folders of releases: made beside their place, moved into it as a whole, never overwritten.

A release is local; publishing it elsewhere is another step. A half-written one lies in a hidden
folder that goes with the command, also at Ctrl-C. After a power cut or a kill, the next release
beside it removes it.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from relgen_assets.domain_errors import ConfigurationError
from relgen_assets.release.manifest import MANIFEST_FILE, Manifest
from resources import storage
from resources.atomic_write import STALE_TEMPORARY_SECONDS

_PREFIX: Final = ".relgen-release-"


@contextmanager
def staged(parent: Path) -> Iterator[Path]:
    """Yield a new hidden folder that is removed at the end, unless it was moved into place.

    Args:
        parent: Folder of the releases; made if it is missing.

    Raises:
        StorageError: The folder cannot be made.
    """
    folder = parent / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(parent)
        folder.mkdir()
    except OSError as error:
        raise storage.storage_error("the folder cannot be made", str(parent), error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def move_into_place(staging: Path, target: Path) -> bool:
    """Move a finished release to its place; return whether the place was free.

    Raises:
        StorageError: It cannot be moved.
    """
    if os.path.lexists(target):
        return False
    try:
        staging.rename(target)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # another command was faster
            return False
        raise storage.storage_error(
            "the release cannot be moved here", str(target), error
        ) from error
    return True


def same_release(parent: Path, manifest: Manifest) -> Path | None:
    """Return the release in a folder that holds the same, whatever its name.

    Raises:
        StorageError: A manifest there cannot be read.
    """
    wanted = manifest.encoded()
    for release in releases_in(parent):
        if storage.read_bytes(str(release / MANIFEST_FILE)) == wanted:
            return release
    return None


def wanted_place(releases: Path, named: str | None) -> tuple[Path, str | None]:
    """Return the folder that a release goes into, and its name there if it was given one.

    Args:
        releases: The project's folder of releases.
        named: A name for this folder, or the path of a new folder.

    Raises:
        ConfigurationError: Something is there already.
    """
    if named is None:
        return releases, None
    target = Path(named) if _is_path(named) else releases / named
    if os.path.lexists(target):
        raise ConfigurationError(
            "this exists already, and a release is never overwritten.",
            where=str(target),
            remedy="Choose another name, or none: it then follows from the content.",
        )
    return target.parent, target.name


def find_release(releases: Path, named: str) -> Path:
    """Return the folder of a release of the project.

    Args:
        releases: The project's folder of releases.
        named: Its name there.

    Raises:
        ConfigurationError: There is no such release.
    """
    if (releases / named).is_dir():
        return releases / named
    found = ", ".join(one.name for one in releases_in(releases))
    raise ConfigurationError(
        "there is no release of this name.",
        where=named,
        remedy=f"Those in {releases} are {found}." if found else "Make one: relgen release",
    )


def existing_folder(named: str) -> Path | None:
    """Return the folder that a path names, as an absolute path; `None` if it may be a name.

    Raises:
        ConfigurationError: It is a path, and there is no such folder.
    """
    folder = Path(named).absolute()
    if folder.is_dir():
        return folder
    if _is_path(named):
        raise ConfigurationError(
            "there is no such folder.", where=named, remedy="Name the folder of a release."
        )
    return None


def newest_release(releases: Path) -> Path:
    """Return the release that was made last.

    Raises:
        ConfigurationError: There is none.
    """
    found = releases_in(releases)
    if not found:
        raise ConfigurationError(
            "there is no release yet.", where=str(releases), remedy="Make one with: relgen release"
        )
    return found[-1]


def releases_in(releases: Path) -> list[Path]:
    """Return all releases in a folder, the newest last."""
    manifests = [
        path for path in releases.glob(f"*/{MANIFEST_FILE}") if not path.parent.name.startswith(".")
    ]
    ordered = sorted(manifests, key=lambda path: (path.stat().st_mtime_ns, path.parent.name))
    return [path.parent for path in ordered]


def _is_path(named: str) -> bool:
    return os.sep in named


def _remove_abandoned(parent: Path) -> None:
    """Remove what killed commands left behind, but not what another one is writing."""
    oldest = time.time() - STALE_TEMPORARY_SECONDS
    for folder in parent.glob(f"{_PREFIX}*"):
        times = [folder.stat().st_mtime, *(one.stat().st_mtime for one in folder.rglob("*"))]
        if max(times) < oldest:
            shutil.rmtree(folder, ignore_errors=True)
