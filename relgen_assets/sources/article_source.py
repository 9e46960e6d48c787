"""What every source of articles offers to the rest of the project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from relgen_assets.rows.models import Paper


class ArticleSource(Protocol):
    """A numbered sequence of articles.

    Both methods raise `relgen_assets.domain_errors.SourceError` when the source cannot be used.
    """

    def count(self) -> int:
        """Return the number of articles; a remembered count is reused."""
        ...

    def read(self, start: int, stop: int) -> Iterator[Paper]:
        """Yield the articles from `start` to before `stop`, in order.

        Rows beyond the end are absent. A row that cannot be used is yielded with status
        `unusable` and one of the reason codes of `relgen_assets.sources.cleaning`.
        """
        ...
