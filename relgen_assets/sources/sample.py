"""The articles bundled with the package: original texts in the public domain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from relgen_assets.rows.models import Paper
from relgen_assets.settings import SampleSource
from relgen_assets.sources.bibliography import Bibliography
from relgen_assets.sources.cleaning import RawRow, papers


class SampleArticles:
    """The bundled articles; see `relgen_assets.sources.ArticleSource`.

    Args:
        settings: The name that papers carry as their source.
        state: Unused; nothing has to be remembered.
    """

    def __init__(
        self,
        settings: SampleSource,
        *,
        state: Path,  # noqa: ARG002  every source class has this signature
    ) -> None:
        self._name = settings.name
        self._licence = settings.licence

    def count(self) -> int:
        """Return the number of bundled articles."""
        return len(self._rows)

    def version(self, *, anew: bool = False) -> str:  # noqa: ARG002  nothing is remembered
        """Return a digest of the bundled articles."""
        return hashlib.sha256(self._text.encode()).hexdigest()[:16]

    def remarks(self) -> list[str]:
        """Return nothing: there are no files to choose from."""
        return []

    def read(self, start: int, stop: int, *, signed: bool = True) -> Iterator[Paper]:
        """Yield the articles from `start` to before `stop`."""
        return papers(self._rows[start:stop], self._name, signed=signed)

    @cached_property
    def _text(self) -> str:
        return files("relgen_assets.sources").joinpath("data/sample.jsonl").read_text("utf-8")

    @cached_property
    def _rows(self) -> list[RawRow]:
        return [
            RawRow(
                article=row["article"],
                abstract=row["abstract"],
                section_names=row["section_names"],
                title=row["title"],
                paper_id=row["paper_id"],
                bibliography=Bibliography(licence=self._licence or row["licence"]),
            )
            for row in map(json.loads, self._text.splitlines())
        ]
