"""The files that a path in the settings refers to, on any fsspec filesystem; their fingerprints.

What the files contain does not belong here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import fsspec

from relgen_assets.domain_errors import SourceError
from relgen_assets.sources.remembered import Notes
from resources.storage import STAMPS


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of articles.

    Attributes:
        filesystem: The fsspec filesystem it lies on.
        path: Its path there.
        url: Its full address, for messages and notes.
    """

    filesystem: Any
    path: str
    url: str

    @property
    def suffix(self) -> str:
        """The extension, in lower case; it determines how the file is read."""
        return PurePosixPath(self.path).suffix.lower()

    def fingerprint(self) -> dict[str, str]:
        """Return size, times and tag of the file, which change when its content does."""
        info = self.filesystem.info(self.path)
        return {key: str(info[key]) for key in STAMPS if info.get(key) is not None}


def unreadable(file: SourceFile, error: Exception, remedy: str) -> SourceError:
    """Return the error of a file that cannot be read, with the reason."""
    reason = str(getattr(error, "strerror", None) or error).strip().rstrip(".")
    return SourceError(f"the file cannot be read: {reason}.", where=file.url, remedy=remedy)


class Location:
    """A file, or a folder of files, named in the settings.

    Args:
        url: Path or fsspec URL.
        notes: Where the listing of a remote folder is remembered.
        suffixes: Extensions of files that hold articles, in lower case; other files are ignored.
        setting: The setting that names it, for messages.

    Raises:
        SourceError: The URL's protocol is unknown or its package is not installed.
    """

    def __init__(
        self, url: str, notes: Notes, suffixes: Collection[str], *, setting: str = "source.path"
    ) -> None:
        try:
            self._filesystem, self._path = fsspec.core.url_to_fs(url)
        except (ValueError, ImportError) as error:
            raise SourceError(
                f"the path cannot be opened: {error}.",
                where=url,
                remedy=f"Set {setting} to a local path or to an fsspec URL whose package is"
                " installed.",
            ) from error
        self._url = url
        self._setting = setting
        self._notes = notes
        self._suffixes = suffixes
        protocol = self._filesystem.protocol
        self.is_local = "file" in ((protocol,) if isinstance(protocol, str) else protocol)

    def remembered_files(self) -> list[SourceFile]:
        """Return the files in order; for a remote folder, as they were last listed."""
        if not self.is_local and (note := self._notes.get(f"listing of {self._url}")):
            return [self._file(path) for path in note["paths"]]
        return self.files()

    def files(self) -> list[SourceFile]:
        """List the files in order of their names.

        Raises:
            SourceError: The path does not exist, or no file there holds articles.
        """
        self._filesystem.invalidate_cache()
        try:
            paths = self._list()
        except SourceError:
            raise
        except Exception as error:  # remote filesystems raise errors of their own libraries
            raise SourceError(
                f"the path cannot be read: {getattr(error, 'strerror', None) or error}.",
                where=self._url,
                remedy=f"Set {self._setting} to an existing file or folder that you may read.",
            ) from error
        if not self.is_local:
            self._notes.put(f"listing of {self._url}", {"paths": paths})
        return [self._file(path) for path in paths]

    def _list(self) -> list[str]:
        if self._filesystem.isfile(self._path):
            if PurePosixPath(self._path).suffix.lower() in self._suffixes:
                return [self._path]
            raise SourceError(
                "files with this extension cannot be read.",
                where=self._url,
                remedy=f"Use a file with one of the extensions {', '.join(self._suffixes)}.",
            )
        found = sorted(filter(self._holds_articles, self._filesystem.find(self._path)))
        if found:
            return found
        what = (
            "the folder holds no files of articles."
            if self._filesystem.isdir(self._path)
            else "there is no such file or folder."
        )
        raise SourceError(
            what,
            where=self._url,
            remedy=f"Set {self._setting} to a file, or a folder of files:"
            f" {', '.join(self._suffixes)}.",
        )

    def _holds_articles(self, path: str) -> bool:
        """Return whether a file of the folder counts: known extension, no hidden path part."""
        inside = PurePosixPath(path).relative_to(PurePosixPath(self._path))
        hidden = any(part.startswith((".", "_")) for part in inside.parts)
        return inside.suffix.lower() in self._suffixes and not hidden

    def _file(self, path: str) -> SourceFile:
        url = path if self.is_local else self._filesystem.unstrip_protocol(path)
        return SourceFile(self._filesystem, path, url)
