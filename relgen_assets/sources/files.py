"""Articles in files with one column for each part: JSON lines, JSON, CSV or parquet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from relgen_assets.settings import FilesSource
from relgen_assets.sources.cleaning import RawRow
from relgen_assets.sources.row_files import Column
from relgen_assets.sources.table_articles import TableArticles


class FileArticles(TableArticles):
    """The articles of a `files` source.

    Args:
        settings: Path, names of the columns and the number of articles to use.
        state: Local folder where counts are remembered.
    """

    def __init__(self, settings: FilesSource, *, state: Path) -> None:
        self._names = names = settings.columns
        columns = [
            Column(names.article, "article"),
            Column(names.abstract, "abstract"),
            Column(names.section_names, "section_names"),
            Column(names.title, "title", required=False),
        ]
        super().__init__(settings, columns, state=state)

    def _raw(self, row: Mapping[str, Any], paper_id: object) -> RawRow:
        names = self._names
        return RawRow(
            article=row.get(names.article),
            abstract=row.get(names.abstract),
            section_names=row.get(names.section_names),
            title=row.get(names.title),
            paper_id=paper_id,
        )
