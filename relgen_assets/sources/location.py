"""The files that a path in the settings refers to, on any fsspec filesystem; their fingerprints.

What the files contain does not belong here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

import fsspec

from relgen_assets.domain_errors import SourceError
from relgen_assets.sources.compression import COMPRESSIONS, decompressed, suffixes_of
from relgen_assets.sources.local_folder import files_below
from relgen_assets.sources.remembered import Notes
from relgen_assets.sources.selection import EVERYTHING, LeftOut, Selection, unreadable_reason
from resources.storage import STAMPS


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of articles.

    Attributes:
        filesystem: The fsspec filesystem it lies on.
        path: Its path there.
        url: Its full address, for messages and notes.
        below: Its path below the folder of the source; empty if the source is one file.
    """

    filesystem: Any
    path: str
    url: str
    below: str = ""

    @property
    def suffix(self) -> str:
        """The extension of what it holds, in lower case; it determines how the file is read."""
        return suffixes_of(self.path)[0]

    @property
    def name(self) -> str:
        """Its name for people: its path below the folder of the source."""
        return self.below or PurePosixPath(self.path).name

    @contextmanager
    def opened(self, offset: int = 0) -> Iterator[BinaryIO]:
        """Open what it holds, decompressed, from a byte of that on.

        Raises:
            OSError: It cannot be opened, or its compressed data is damaged; also while it is read.
        """
        compression = suffixes_of(self.path)[1]
        with self.filesystem.open(self.path, "rb") as handle:
            if compression:
                yield decompressed(handle, compression, skip=offset)
            else:
                handle.seek(offset)
                yield handle

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
        suffixes: Extensions of files that hold articles, in lower case.
        setting: The setting that names it, for messages.
        selection: Which files of a folder are read.

    Raises:
        SourceError: The URL's protocol is unknown or its package is not installed.
    """

    def __init__(
        self,
        url: str,
        notes: Notes,
        suffixes: Collection[str],
        *,
        setting: str = "source.path",
        selection: Selection = EVERYTHING,
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
        self._selection = selection
        self._listing = " ".join(["listing of", url, *selection.include, "-", *selection.exclude])
        protocol = self._filesystem.protocol
        self.is_local = "file" in ((protocol,) if isinstance(protocol, str) else protocol)

    def remembered_files(self) -> list[SourceFile]:
        """Return the files in order; for a remote folder, as they were last listed."""
        if not self.is_local and (note := self._notes.get(self._listing)):
            return [self._file(path) for path in note["paths"]]
        return self.files()

    def files(self) -> list[SourceFile]:
        """List the files in order of their names.

        Raises:
            SourceError: The path does not exist, or no file there holds articles.
        """
        paths, _ = self._look()
        if not self.is_local:
            self._notes.put(self._listing, {"paths": paths})
        return [self._file(path) for path in paths]

    def left_out(self) -> list[LeftOut]:
        """List what of the folder is not read, in order, with the reasons.

        Raises:
            SourceError: The path does not exist, or no file there holds articles.
        """
        return self._look()[1]

    def _look(self) -> tuple[list[str], list[LeftOut]]:
        """Return the paths that are read, and what is not, each in order."""
        self._filesystem.invalidate_cache()
        try:
            return self._list()
        except SourceError:
            raise
        except Exception as error:  # remote filesystems raise errors of their own libraries
            raise SourceError(
                f"the path cannot be read: {getattr(error, 'strerror', None) or error}.",
                where=self._url,
                remedy=f"Set {self._setting} to an existing file or folder that you may read.",
            ) from error

    def _list(self) -> tuple[list[str], list[LeftOut]]:
        if self._filesystem.isfile(self._path):
            if unreadable_reason(self._path, self._suffixes) is None:
                return [self._path], []
            raise SourceError(
                "files with this extension cannot be read.",
                where=self._url,
                remedy=f"Use a file with one of the extensions {', '.join(self._suffixes)};"
                f" {', '.join(COMPRESSIONS)} may follow.",
            )
        left_out: list[LeftOut] = []
        found: list[str] = []
        for path in sorted(self._below(left_out)):
            inside = PurePosixPath(path).relative_to(PurePosixPath(self._path))
            if reason := self._selection.reason(inside, self._suffixes):
                left_out.append(LeftOut(path, reason))
            else:
                found.append(path)
        if found:
            return found, sorted(left_out, key=lambda one: one.path)
        raise self._nothing(left_out)

    def _below(self, left_out: list[LeftOut]) -> Iterator[str]:
        """Yield the files below the folder; none if there is no such folder."""
        if self.is_local and not self._filesystem.isdir(self._path):
            return
        if self.is_local:
            yield from files_below(self._path, left_out)
        else:
            yield from self._filesystem.find(self._path)

    def _nothing(self, left_out: list[LeftOut]) -> SourceError:
        what = (
            "the folder holds no files of articles."
            if self._filesystem.isdir(self._path)
            else "there is no such file or folder."
        )
        if left_out:
            example = f"{left_out[0].path} ({left_out[0].reason})"
            what = f"{what} {len(left_out)} are left out, such as {example}."
        return SourceError(
            what,
            where=self._url,
            remedy=f"Set {self._setting} to a file, or a folder of files:"
            f" {', '.join(self._suffixes)}.",
        )

    def _file(self, path: str) -> SourceFile:
        url = path if self.is_local else self._filesystem.unstrip_protocol(path)
        folder = PurePosixPath(self._path)
        inside = PurePosixPath(path)
        below = inside.relative_to(folder) if inside.is_relative_to(folder) else PurePosixPath()
        return SourceFile(self._filesystem, path, url, str(below) if below.parts else "")
