"""JSON files: they cannot be read from the middle, so each is parsed whole, once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from relgen_assets.domain_errors import SourceError
from relgen_assets.sources.location import SourceFile, unreadable
from relgen_assets.sources.source_row import SourceRow


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
        return {"rows": len(self._items)}

    def columns(self) -> list[str]:
        """Return the keys of all objects, in order of first appearance."""
        return list(self._keys)

    def has(self, column: str) -> bool:
        """Return whether any object has a key."""
        return column in self._keys

    def rows(
        self,
        start: int,
        stop: int,
        columns: Sequence[str],
        note: dict[str, Any],  # noqa: ARG002  the file is held whole
    ) -> Iterator[SourceRow]:
        """Yield a range of the objects; an item that is none is a row with a fault."""
        for number, row in enumerate(self._items[start:stop], start=start + 1):
            place = f"{self._file.name}, item {number}"
            if isinstance(row, dict):
                yield SourceRow({name: row[name] for name in columns if name in row}, place)
            else:
                yield SourceRow(place=place, fault="is not a JSON object")

    @cached_property
    def _keys(self) -> dict[str, None]:
        return dict.fromkeys(key for row in self._items if isinstance(row, dict) for key in row)

    @cached_property
    def _items(self) -> list[Any]:
        value = parsed(self._file, self._REMEDY)
        if isinstance(value, list) and (not value or any(isinstance(row, dict) for row in value)):
            return value
        raise SourceError(
            "the file does not contain a list of objects.",
            where=self._file.url,
            remedy=self._REMEDY,
        )


def parsed(file: SourceFile, remedy: str) -> Any:
    """Return the value of a JSON file.

    Raises:
        SourceError: The file cannot be read, or is not JSON.
    """
    try:
        with file.opened() as handle:
            return json.loads(handle.read().decode("utf-8-sig"))
    except RecursionError as error:
        raise SourceError(
            "the file cannot be read: its JSON is nested too deeply.",
            where=file.url,
            remedy="Check that it is what you mean; articles are not nested so deeply.",
        ) from error
    except (ValueError, OSError) as error:
        raise unreadable(file, error, remedy) from error
