"""JSON lines, readable from any row through an index of byte offsets.

A survey reads the file once and notes where every `ROWS_PER_ENTRY`-th row begins. Reading a range
later takes one seek and skips fewer than `ROWS_PER_ENTRY` rows, which are not parsed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from relgen_assets.domain_errors import SourceError
from relgen_assets.sources.location import SourceFile, unreadable

ROWS_PER_ENTRY = 64
"""Rows between two entries of the index."""

_MARK = b"\xef\xbb\xbf"


class JsonLinesTable:
    """A file with one JSON object per line; blank lines do not count."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file

    def survey(self) -> dict[str, Any]:
        """Return the number of rows, with byte offset and line number of every indexed row.

        Raises:
            SourceError: The file cannot be opened.
        """
        offsets: list[int] = []
        numbers: list[int] = []
        rows = 0
        for number, offset, _ in self._lines():
            if rows % ROWS_PER_ENTRY == 0:
                offsets.append(offset)
                numbers.append(number)
            rows += 1
        return {"rows": rows, "offsets": offsets, "lines": numbers}

    def columns(self) -> list[str]:
        """Return the keys of the first rows, in order of first appearance.

        Raises:
            SourceError: One of these rows is not a JSON object.
        """
        keys: dict[str, None] = {}
        for number, _, line in islice(self._lines(), ROWS_PER_ENTRY):
            keys.update(dict.fromkeys(self._parse(line, number)))
        return list(keys)

    def rows(
        self, start: int, stop: int, columns: Sequence[str], note: dict[str, Any]
    ) -> Iterator[dict[str, object]]:
        """Yield a range of rows.

        Raises:
            SourceError: A row of the range is not a JSON object; the message names its line.
        """
        entry, skipped = divmod(start, ROWS_PER_ENTRY)
        if start >= min(stop, note["rows"]):
            return
        lines = self._lines(note["offsets"][entry], note["lines"][entry])
        for number, _, line in islice(lines, skipped, skipped + stop - start):
            row = self._parse(line, number)
            yield {name: row[name] for name in columns if name in row}

    def _lines(self, offset: int = 0, number: int = 1) -> Iterator[tuple[int, int, bytes]]:
        """Yield line number, byte offset and content of each line that is not blank."""
        try:
            with self._file.filesystem.open(self._file.path, "rb") as handle:
                handle.seek(offset)
                for line in handle:
                    if line.strip():
                        yield number, offset, line
                    number += 1
                    offset += len(line)
        except OSError as error:
            raise unreadable(self._file, error, "Check that you may read it.") from error

    def _parse(self, line: bytes, number: int) -> dict[str, object]:
        try:
            row = json.loads(line.removeprefix(_MARK).decode("utf-8"))
        except ValueError as error:
            raise self._corrupt(number, f"is not JSON: {error}") from error
        if not isinstance(row, dict):
            raise self._corrupt(number, "is not a JSON object")
        return row

    def _corrupt(self, number: int, what: str) -> SourceError:
        return SourceError(
            f"line {number} {what}.",
            where=self._file.url,
            remedy="Correct or remove the line; each line must hold one JSON object.",
        )
