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
from relgen_assets.sources.delimited_form import Wanted
from relgen_assets.sources.row_files import Column, RowFiles
from relgen_assets.sources.selection import Selection
from relgen_assets.sources.source_row import SourceRow, value_at


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
        table = settings.table
        self._rows = RowFiles(
            settings.path,
            [*columns, *ids, *bibliography_columns(settings.columns)],
            state=state,
            first=settings.articles,
            selection=Selection(settings.include, settings.exclude),
            form=Wanted(table.separator, table.quoting, table.encoding),
        )

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

    def remarks(self) -> list[str]:
        """Return what was found out about the files, and which are left out."""
        return self._rows.remarks()

    def _whole(self, row: SourceRow) -> RawRow:
        if row.fault is not None:
            return RawRow(None, None, None, place=row.place, fault=row.fault)
        told = bibliography(row.values, self._columns, licence=self._licence)
        own_id = None if self._id is None else value_at(row.values, self._id)
        return replace(
            self._raw(row.values),
            paper_id=own_id,
            has_id=self._id is not None,
            bibliography=told,
            place=row.place,
        )

    @abstractmethod
    def _raw(self, row: Mapping[str, Any]) -> RawRow:
        """Return the parts of an article as its row holds them."""
