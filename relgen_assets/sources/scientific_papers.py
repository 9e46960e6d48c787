"""Hugging Face's `scientific_papers`: articles of arXiv and PubMed, through `datasets`.

The dataset itself is a loading script, which `datasets` no longer runs. The hub's conversion holds
`<config>/<split>/0000.parquet` and so on; the folder is named `partial-<split>` where the hub
converted only the first gigabytes. A local folder of the same layout can be read instead.
"""

from __future__ import annotations

import glob
import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from relgen_assets.domain_errors import SourceError
from relgen_assets.rows.models import Paper
from relgen_assets.settings import ScientificPapersSource
from relgen_assets.sources.bibliography import Bibliography
from relgen_assets.sources.cleaning import RawRow, papers

COLUMNS = ("article", "abstract", "section_names")
"""The columns of every config, all text; `section_names` has one name per line."""


class ScientificPapers:
    """The first articles of one config and split; see `relgen_assets.sources.ArticleSource`.

    Args:
        settings: Dataset, revision, config, split and the number of articles to use.
        state: Unused; the number of articles is a setting.
    """

    def __init__(
        self,
        settings: ScientificPapersSource,
        *,
        state: Path,  # noqa: ARG002  every source class has this signature
    ) -> None:
        self._settings = settings

    def count(self) -> int:
        """Return the number of articles without opening the dataset.

        It is that of the settings, or less if a local folder holds less.

        Raises:
            SourceError: A local folder holds no such files, or one is no parquet file.
        """
        own = self._settings
        if not self._is_local:
            return own.articles
        if not self._files:
            raise SourceError(
                f"the folder holds no {own.config}/{own.split}/*.parquet.",
                where=own.dataset,
                remedy="Set source.dataset to a folder of that layout, or to an id on the hub.",
            )
        return min(own.articles, sum(map(_rows_in, self._files)))

    def version(self, *, anew: bool = False) -> str:  # noqa: ARG002  files are local or fixed
        """Return what changes with the local files; on the hub, a revision never changes."""
        own = self._settings
        named = [own.dataset, own.revision, own.config, own.split]
        told = [(file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in self._files]
        return hashlib.sha256(json.dumps([named, told]).encode()).hexdigest()[:16]

    def remarks(self) -> list[str]:
        """Return nothing: there are no files to choose from."""
        return []

    def read(self, start: int, stop: int, *, signed: bool = True) -> Iterator[Paper]:
        """Yield the articles from `start` to before `stop`.

        The first call downloads the split, unless it is local, into the cache of `datasets`: a
        memory-mapped file, from which each call reads only its own rows.

        Raises:
            SourceError: The dataset cannot be loaded or lacks a column.
        """
        stop = min(stop, self._settings.articles, len(self._dataset))
        rows = (
            RawRow(
                **{name: row[name] for name in COLUMNS},
                bibliography=Bibliography(licence=self._settings.licence),
            )
            for row in map(self._dataset.__getitem__, range(start, stop))
        )
        return papers(rows, self._settings.name, signed=signed)

    @property
    def _is_local(self) -> bool:
        return Path(self._settings.dataset).is_dir()

    @property
    def _files(self) -> list[Path]:
        """The files of a local folder; none of a dataset on the hub."""
        if not self._is_local:
            return []
        folder = Path(self._settings.dataset, self._settings.config)
        return sorted(folder.glob(f"*{self._settings.split}/*.parquet"))

    def _order(self) -> dict[str, Any]:
        """Return what `datasets` is to load: local files by name, or a pattern of the hub."""
        settings = self._settings
        if self._is_local:  # escaped, since `datasets` takes every path for a pattern
            files = [glob.escape(str(file)) for file in self._files]
            return {"path": "parquet", "data_files": {settings.split: files}}
        pattern = f"{settings.config}/*{settings.split}/*.parquet"
        return {
            "path": settings.dataset,
            "data_files": {settings.split: pattern},
            "revision": settings.revision,
        }

    @cached_property
    def _dataset(self) -> Any:
        import datasets  # here, because importing it takes a second or more

        settings = self._settings
        try:
            dataset = datasets.load_dataset(**self._order(), split=settings.split)
        except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
            raise SourceError(
                f"the dataset cannot be loaded: {str(error).rstrip('.')}.",
                where=f"{settings.dataset} ({settings.revision})",
                remedy="Check source.dataset, source.revision and the network; a local folder "
                f"with {settings.config}/{settings.split}/*.parquet can be set as source.dataset.",
            ) from error
        if missing := [name for name in COLUMNS if name not in dataset.column_names]:
            raise SourceError(
                f"the dataset has no column {' and '.join(map(repr, missing))}; "
                f"its columns are {', '.join(map(repr, dataset.column_names))}.",
                where=settings.dataset,
                remedy="Use a dataset in the form of scientific_papers, or source.kind = 'files', "
                "whose column names can be set.",
            )
        return dataset


def _rows_in(file: Path) -> int:
    try:
        return int(pq.read_metadata(file).num_rows)
    except (OSError, pa.ArrowException) as error:
        raise SourceError(
            f"the file cannot be read: {error}.",
            where=str(file),
            remedy="Copy it again; source.dataset has to be a folder of parquet files.",
        ) from error
