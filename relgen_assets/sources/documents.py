"""Folders in which each file is one article: plain text, Markdown, S2ORC or CORD-19, PMC JATS.

The extension says how a file is read; the readers are in `document_formats`. A file that cannot be
read is an unusable article, under its own name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from relgen_assets.rows.models import Paper
from relgen_assets.settings import DocumentsSource
from relgen_assets.sources.cleaning import RawRow, papers
from relgen_assets.sources.compression import suffixes_of
from relgen_assets.sources.document_formats import FORMATS
from relgen_assets.sources.location import Location, SourceFile
from relgen_assets.sources.remembered import Notes
from relgen_assets.sources.selection import Selection
from relgen_assets.sources.unreadable_document import Unreadable


class DocumentArticles:
    """The articles of a `documents` source; see `relgen_assets.sources.ArticleSource`.

    Args:
        settings: Folder, patterns and the number of articles to use.
        state: Local folder where listings of remote folders are remembered.
    """

    def __init__(self, settings: DocumentsSource, *, state: Path) -> None:
        self._settings = settings
        self._location = Location(
            settings.path,
            Notes(state / "sources"),
            FORMATS,
            selection=Selection(settings.include, settings.exclude),
        )

    def count(self) -> int:
        """Return the number of files."""
        return len(self._files(self._location.remembered_files()))

    def version(self, *, anew: bool = False) -> str:
        """Return what changes when a file is added, removed or written."""
        files = self._location.files() if anew else self._location.remembered_files()
        seen = self._location.is_local or anew
        told = [(file.name, file.fingerprint() if seen else {}) for file in files]
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    def remarks(self) -> list[str]:
        """Return which files are left out, and why."""
        return [f"{one.path}: left out, since {one.reason}" for one in self._location.left_out()]

    def read(self, start: int, stop: int, *, signed: bool = True) -> Iterator[Paper]:
        """Yield the articles from `start` to before `stop`."""
        files = islice(self._files(self._location.files()), start, stop)
        return papers(map(self._raw, files), self._settings.name, signed=signed)

    def _files(self, files: list[SourceFile]) -> list[SourceFile]:
        return files[: self._settings.articles]

    def _raw(self, file: SourceFile) -> RawRow:
        suffix, compression = suffixes_of(file.path)
        try:
            with file.opened() as handle:
                content = handle.read()
            row = FORMATS[suffix](content)
        except (OSError, Unreadable, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            return RawRow(None, None, None, place=file.name, fault=f"cannot be read: {reason}")
        own = row.bibliography
        told = replace(own, licence=own.licence or self._settings.licence)
        name = file.name.removesuffix(compression).removesuffix(suffix)
        return replace(row, paper_id=row.paper_id or name, place=file.name, bibliography=told)
