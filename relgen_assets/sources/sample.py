"""The articles bundled with the package: original texts in the public domain."""

from __future__ import annotations

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

    def read(self, start: int, stop: int) -> Iterator[Paper]:
        """Yield the articles from `start` to before `stop`."""
        return papers(self._rows[start:stop], self._name)

    @cached_property
    def _rows(self) -> list[RawRow]:
        text = files("relgen_assets.sources").joinpath("data/sample.jsonl").read_text("utf-8")
        return [
            RawRow(
                article=row["article"],
                abstract=row["abstract"],
                section_names=row["section_names"],
                title=row["title"],
                paper_id=row["paper_id"],
                bibliography=Bibliography(licence=self._licence or row["licence"]),
            )
            for row in map(json.loads, text.splitlines())
        ]
