"""JSON, CSV and TSV files: they cannot be read from the middle, so each is parsed whole, once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from relgen_assets.domain_errors import SourceError
from relgen_assets.sources.location import SourceFile, unreadable

if TYPE_CHECKING:
    import pandas as pd


class JsonTable:
    """A JSON file that holds one list of objects."""

    _REMEDY = (
        "The file must hold one list of objects, one object per article; a file with one object "
        "per line must have the extension `.jsonl`."
    )

    def __init__(self, file: SourceFile) -> None:
        self._file = file

    def survey(self) -> dict[str, Any]:
        """Return the number of objects."""
        return {"rows": len(self._objects)}

    def columns(self) -> list[str]:
        """Return the keys of all objects, in order of first appearance."""
        return list(dict.fromkeys(key for row in self._objects for key in row))

    def rows(
        self,
        start: int,
        stop: int,
        columns: Sequence[str],
        note: dict[str, Any],  # noqa: ARG002  the file is held whole
    ) -> Iterator[dict[str, object]]:
        """Yield a range of the objects."""
        for row in self._objects[start:stop]:
            yield {name: row[name] for name in columns if name in row}

    @cached_property
    def _objects(self) -> list[dict[str, object]]:
        try:
            with self._file.filesystem.open(self._file.path, "rb") as handle:
                value = json.loads(handle.read().decode("utf-8-sig"))
        except (ValueError, OSError) as error:
            raise unreadable(self._file, error, self._REMEDY) from error
        if isinstance(value, list) and all(isinstance(row, dict) for row in value):
            return value
        raise SourceError(
            "the file does not contain a list of objects.",
            where=self._file.url,
            remedy=self._REMEDY,
        )


class CsvTable:
    """A CSV file, or a TSV file, with a header line; every value is text."""

    _REMEDY = (
        "The file must be UTF-8, with a header line and the same number of values in every row."
    )

    def __init__(self, file: SourceFile) -> None:
        self._file = file

    def survey(self) -> dict[str, Any]:
        """Return the number of rows below the header."""
        return {"rows": len(self._frame)}

    def columns(self) -> list[str]:
        """Return the names in the header."""
        return [str(name) for name in self._frame.columns]

    def rows(
        self,
        start: int,
        stop: int,
        columns: Sequence[str],
        note: dict[str, Any],  # noqa: ARG002  the file is held whole
    ) -> Iterator[dict[str, object]]:
        """Yield a range of the rows."""
        wanted = [name for name in self.columns() if name in columns]
        for values in self._frame[wanted].iloc[start:stop].itertuples(index=False, name=None):
            yield dict(zip(wanted, values, strict=True))

    @cached_property
    def _frame(self) -> pd.DataFrame:
        import pandas as pd  # here, because importing it takes half a second

        separator = "\t" if self._file.suffix == ".tsv" else ","
        try:
            with self._file.filesystem.open(self._file.path, "rb") as handle:
                return pd.read_csv(
                    handle,
                    sep=separator,
                    dtype=str,
                    keep_default_na=False,
                    encoding="utf-8-sig",
                    index_col=False,
                )
        except (ValueError, OSError) as error:  # pandas' own errors are ValueErrors
            raise unreadable(self._file, error, self._REMEDY) from error
