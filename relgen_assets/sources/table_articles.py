"""The base of sources whose articles are the rows of tables in files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from relgen_assets.rows.models import Paper
from relgen_assets.settings import FilesSource, WikipediaSource
from relgen_assets.sources.bibliography import bibliography, bibliography_columns
from relgen_assets.sources.cleaning import RawRow, papers
from relgen_assets.sources.row_files import Column, RowFiles


class TableArticles(ABC):
    """Articles of a table; see `relgen_assets.sources.ArticleSource`.

    Args:
        settings: Path, name of the id column and the number of articles to use.
        columns: The columns to read besides the id.
        state: Local folder where counts are remembered.
    """

    def __init__(
        self, settings: FilesSource | WikipediaSource, columns: Sequence[Column], *, state: Path
    ) -> None:
        self._name = settings.name
        self._id = settings.columns.id
        self._columns = settings.columns
        self._licence = settings.licence
        ids = [] if self._id is None else [Column(self._id, "id")]
        wanted = [*columns, *ids, *bibliography_columns(settings.columns)]
        self._rows = RowFiles(settings.path, wanted, state=state, first=settings.articles)

    def count(self) -> int:
        """Return the number of articles."""
        return self._rows.count()

    def version(self, *, anew: bool = False) -> str:
        """Return what changes with the files."""
        return self._rows.version(anew=anew)

    def read(self, start: int, stop: int, *, signed: bool = True) -> Iterator[Paper]:
        """Yield the articles from `start` to before `stop`."""
        rows = self._rows.rows(start, stop)
        return papers(map(self._whole, rows), self._name, signed=signed)

    def _whole(self, row: Mapping[str, Any]) -> RawRow:
        told = bibliography(row, self._columns, licence=self._licence)
        return replace(self._raw(row, self._paper_id(row)), bibliography=told)

    def _paper_id(self, row: Mapping[str, Any]) -> object:
        return None if self._id is None else row.get(self._id)

    @abstractmethod
    def _raw(self, row: Mapping[str, Any], paper_id: object) -> RawRow:
        """Return the parts of an article as its row holds them."""
