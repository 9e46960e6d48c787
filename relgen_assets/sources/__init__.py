"""Where articles come from: the bundled sample, `scientific_papers`, files, encyclopedias.

`open_source` is the only way in for the rest of the project. Every source yields
`relgen_assets.rows.models.Paper` rows, with the unusable ones among them and their reason. Cutting
articles into chunks belongs to `text`, sampling them for a forecast to `planning`.

May touch `rows`, `settings`, `domain_errors`, `resources.errors` and `resources.storage`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from relgen_assets.rows.models import Paper
from relgen_assets.settings import (
    FilesSource,
    SampleSource,
    ScientificPapersSource,
    SourceSettings,
)
from relgen_assets.sources.files import FileArticles
from relgen_assets.sources.sample import SampleArticles
from relgen_assets.sources.scientific_papers import ScientificPapers
from relgen_assets.sources.wikipedia import WikipediaArticles

__all__ = ["ArticleSource", "open_source"]


class ArticleSource(Protocol):
    """A numbered sequence of articles.

    Both methods raise `relgen_assets.domain_errors.SourceError` when the source cannot be used.
    """

    def count(self) -> int:
        """Return the number of articles, from memory where it is known."""
        ...

    def read(self, start: int, stop: int) -> Iterator[Paper]:
        """Yield the articles from `start` to before `stop`, in order.

        Rows beyond the end are absent. A row that cannot be used is yielded with status
        `unusable` and one of the reason codes of `relgen_assets.sources.cleaning`.
        """
        ...


def open_source(settings: SourceSettings, *, state: Path) -> ArticleSource:
    """Return the source that the settings describe; nothing is opened yet.

    Args:
        settings: One of the source sections.
        state: Local folder where counts and indices are remembered.

    Raises:
        SourceError: The path has a protocol for which no package is installed.
    """
    if isinstance(settings, SampleSource):
        return SampleArticles(settings)
    if isinstance(settings, ScientificPapersSource):
        return ScientificPapers(settings)
    if isinstance(settings, FilesSource):
        return FileArticles(settings, state=state)
    return WikipediaArticles(settings, state=state)
