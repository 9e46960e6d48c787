"""Articles in JSON lines, JSON, CSV or parquet files with a column for each part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from relgen_assets.models import Paper
from relgen_assets.settings import FilesSource
from relgen_assets.sources.cleaning import RawRow, papers
from relgen_assets.sources.row_files import Column, RowFiles


class FileArticles:
    """The articles of a `files` source; see `relgen_assets.sources.ArticleSource`.

    Args:
        settings: Path, names of the columns and the number of articles to use.
        state: Local folder where counts are remembered.
    """

    def __init__(self, settings: FilesSource, *, state: Path) -> None:
        self._name = settings.name
        self._names = names = settings.columns
        columns = [
            Column(names.article, "article"),
            Column(names.abstract, "abstract"),
            Column(names.section_names, "section_names"),
            Column(names.title, "title", required=False),
        ]
        if names.id is not None:
            columns.append(Column(names.id, "id"))
        self._rows = RowFiles(settings.path, columns, state=state, first=settings.articles)

    def count(self) -> int:
        """Return the number of articles."""
        return self._rows.count()

    def read(self, start: int, stop: int) -> Iterator[Paper]:
        """Yield the articles from `start` to before `stop`."""
        names = self._names
        rows = (
            RawRow(
                article=row.get(names.article),
                abstract=row.get(names.abstract),
                section_names=row.get(names.section_names),
                title=row.get(names.title),
                paper_id=None if names.id is None else row.get(names.id),
            )
            for row in self._rows.rows(start, stop)
        )
        return papers(rows, self._name)
