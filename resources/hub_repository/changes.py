"""What has to change in a repository so that it holds what a folder holds.

Small files are blobs of git, known by the SHA-1 that git gives them; large ones are known by their
SHA-256, as in Git LFS. So nothing has to be downloaded to be compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file to be published.

    Attributes:
        path: Where it belongs in the repository, with `/` between folders.
        file: Where it is.
        size: Its bytes.
        sha256: Its digest, as 64 hexadecimal digits.
    """

    path: str
    file: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository.

    Attributes:
        path: Where it is in the repository.
        size: Its bytes.
        git_id: SHA-1 of its blob in git; for a large file that of the pointer to it.
        sha256: SHA-256 of a large file; `None` for a blob of git.
    """

    path: str
    size: int
    git_id: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What has to change in a repository; each list is in the order of its paths.

    Attributes:
        added: Files that are not there yet.
        replaced: Files that are there with other bytes.
        removed: Files that are there and belong there no more.
        unchanged: Files that are there already.
    """

    added: list[LocalFile]
    replaced: list[LocalFile]
    removed: list[RemoteFile]
    unchanged: list[LocalFile]

    @property
    def uploads(self) -> list[LocalFile]:
        """Files whose bytes the repository needs."""
        return [*self.added, *self.replaced]

    @property
    def is_empty(self) -> bool:
        """Whether the repository holds everything already, and nothing else of one's own."""
        return not (self.added or self.replaced or self.removed)

    def by_action(self) -> Mapping[str, list[LocalFile] | list[RemoteFile]]:
        """Return the files by what happens to them, in words for people."""
        return {
            "added": self.added,
            "replaced": self.replaced,
            "removed": self.removed,
            "unchanged": self.unchanged,
        }


def compare(
    local: Iterable[LocalFile], remote: Iterable[RemoteFile], own: Iterable[str]
) -> Changes:
    """Return what has to change.

    Args:
        local: What the repository shall hold.
        remote: What it holds.
        own: Paths of files there that may be removed; every other file stays.

    Raises:
        OSError: A small file cannot be read.
    """
    there = {file.path: file for file in remote}
    here = {file.path: file for file in sorted(local, key=lambda one: one.path)}
    known = {path: _is_same(file, there[path]) for path, file in here.items() if path in there}
    return Changes(
        added=[file for path, file in here.items() if path not in known],
        replaced=[here[path] for path, same in known.items() if not same],
        removed=[there[path] for path in sorted(set(own) & there.keys() - here.keys())],
        unchanged=[here[path] for path, same in known.items() if same],
    )


def git_id(content: bytes) -> str:
    """Return the id that git gives to a blob with this content."""
    blob = b"blob %d\0" % len(content) + content
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()


def _is_same(local: LocalFile, remote: RemoteFile) -> bool:
    if local.size != remote.size:
        return False
    if remote.sha256 is not None:
        return local.sha256 == remote.sha256
    return git_id(local.file.read_bytes()) == remote.git_id
