"""Which class reads which kind of source.

To add a kind, write its settings class in `relgen_assets.settings`, its class in a module of this
package and an entry in `SOURCES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from relgen_assets.domain_errors import SourceError
from relgen_assets.settings import SourceSettings
from relgen_assets.sources.article_source import ArticleSource
from relgen_assets.sources.documents import DocumentArticles
from relgen_assets.sources.files import FileArticles
from relgen_assets.sources.sample import SampleArticles
from relgen_assets.sources.scientific_papers import ScientificPapers
from relgen_assets.sources.wikipedia import WikipediaArticles


class SourceClass(Protocol):
    """A class of article sources, called with the settings of its own kind."""

    def __call__(self, settings: Any, *, state: Path) -> ArticleSource:
        """Return the source; nothing is opened yet."""
        ...


SOURCES: Final[Mapping[str, SourceClass]] = {
    "sample": SampleArticles,
    "scientific_papers": ScientificPapers,
    "files": FileArticles,
    "documents": DocumentArticles,
    "wikipedia": WikipediaArticles,
}
"""The class of each `source.kind` of the settings."""


def open_source(settings: SourceSettings, *, state: Path) -> ArticleSource:
    """Return the source that the settings describe; nothing is opened yet.

    Args:
        settings: One of the source sections.
        state: Local folder where counts and indices are remembered.

    Raises:
        SourceError: No class reads this kind, or the path has a protocol for which no package is
            installed.
    """
    source_class = SOURCES.get(settings.kind)
    if source_class is None:
        raise SourceError(
            f"no class reads sources of the kind {settings.kind!r}.",
            where="source.kind",
            remedy=f"Use one of {', '.join(SOURCES)}, or add its class to SOURCES in {__name__}.",
        )
    return source_class(settings, state=state)
