"""What every source of articles offers to the rest of the project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from relgen_assets.rows.models import Paper


class ArticleSource(Protocol):
    """A numbered sequence of articles.

    All methods raise `relgen_assets.domain_errors.SourceError` when the source cannot be used.
    """

    def count(self) -> int:
        """Return the number of articles; a remembered count is reused."""
        ...

    def version(self, *, anew: bool = False) -> str:
        """Return a text that changes when an article may be another, or stand elsewhere.

        No article is read. Without `anew`, a remote folder is as it was last listed.
        """
        ...

    def remarks(self) -> list[str]:
        """Return what was found out about the files, and which are left out, one line each."""
        ...

    def read(self, start: int, stop: int, *, signed: bool = True) -> Iterator[Paper]:
        """Yield the articles from `start` to before `stop`, in order.

        Without `signed` they have no signatures, which cost most of the time.

        Rows beyond the end are absent. A row that cannot be used is yielded with status
        `unusable` and one of the reason codes of `relgen_assets.sources.cleaning`.
        """
        ...
