"""Articles in files with one column for each part: JSON lines, JSON, CSV or parquet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from relgen_assets.settings import FilesSource
from relgen_assets.sources.cleaning import RawRow
from relgen_assets.sources.row_files import Column
from relgen_assets.sources.source_row import value_at
from relgen_assets.sources.table_articles import TableArticles


class FileArticles(TableArticles):
    """The articles of a `files` source.

    Columns for abstract and section names may be missing, unless the settings name them.

    Args:
        settings: Path, names of the columns and the number of articles to use.
        state: Local folder where counts are remembered.
    """

    def __init__(self, settings: FilesSource, *, state: Path) -> None:
        self._names = names = settings.columns
        named = names.model_fields_set
        columns = [
            Column(names.article, "article"),
            Column(names.abstract, "abstract", required="abstract" in named),
            Column(names.section_names, "section_names", required="section_names" in named),
            Column(names.title, "title", required=False),
        ]
        super().__init__(settings, columns, state=state)

    def _raw(self, row: Mapping[str, Any]) -> RawRow:
        names = self._names
        return RawRow(
            article=value_at(row, names.article),
            abstract=value_at(row, names.abstract),
            section_names=value_at(row, names.section_names),
            title=value_at(row, names.title),
        )
