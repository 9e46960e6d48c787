"""CSV and TSV files, read strictly: a row without the cells of the header is an error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

from relgen_assets.domain_errors import SourceError
from relgen_assets.sources.delimited_form import (
    DAMAGED,
    Form,
    Misshapen,
    Wanted,
    decoded,
    merged_line,
    quoted_or_not,
    rows_of,
    separator_of,
)
from relgen_assets.sources.location import SourceFile, unreadable
from relgen_assets.sources.source_row import SourceRow

MOST_DAMAGED: Final = 0.1
"""With a larger share of rows that are not UTF-8, the file has another encoding."""
_REMEDY: Final = (
    "Correct the line, or write the file again with a program that quotes cells, or as JSON lines. "
    "If the form was mistaken, set source.table.separator, source.table.quoting or "
    "source.table.encoding."
)


class _Content(NamedTuple):
    header: list[str]
    rows: list[tuple[int, list[str]]]
    damaged: frozenset[int]
    form: str


class CsvTable:
    """A CSV file, or a TSV file, with a header line; every value is text.

    Args:
        file: The file.
        wanted: What the settings say of its form.
    """

    def __init__(self, file: SourceFile, wanted: Wanted = Wanted()) -> None:  # noqa: B008  frozen
        self._file = file
        self._wanted = wanted

    def survey(self) -> dict[str, Any]:
        """Return the number of rows below the header, and the form of the file in words."""
        return {"rows": len(self._content.rows), "form": self._content.form}

    def columns(self) -> list[str]:
        """Return the names in the header."""
        return self._content.header

    def has(self, column: str) -> bool:
        """Return whether the header names a column."""
        return column in self._content.header

    def rows(
        self,
        start: int,
        stop: int,
        columns: Sequence[str],
        note: dict[str, Any],  # noqa: ARG002  the file is held whole
    ) -> Iterator[SourceRow]:
        """Yield a range of the rows; one that is not in the file's encoding has a fault."""
        wanted = [(at, name) for at, name in enumerate(self._content.header) if name in columns]
        for line, cells in self._content.rows[start:stop]:
            place = f"{self._file.name}, line {line}"
            if line in self._content.damaged:
                yield SourceRow(place=place, fault="is not UTF-8")
            else:
                yield SourceRow({name: cells[at] for at, name in wanted}, place)

    @cached_property
    def _content(self) -> _Content:
        try:
            with self._file.opened() as handle:
                content = handle.read()
        except OSError as error:
            raise unreadable(self._file, error, "Check that it is whole and readable.") from error
        try:
            return _read(content, self._wanted, "\t" if self._file.suffix == ".tsv" else ",")
        except Misshapen as error:
            raise SourceError(
                f"line {error.line} {error}.", where=self._file.url, remedy=_REMEDY
            ) from error


def _read(content: bytes, wanted: Wanted, default: str) -> _Content:
    text, encoding = decoded(content, wanted.encoding)
    detected, skip = separator_of(text, default)
    text, separator = text[skip:], wanted.separator or detected
    before = 1 if skip else 0
    try:
        quoted = (
            quoted_or_not(text, separator)
            if wanted.quoting == "auto"
            else wanted.quoting == "double"
        )
        form = Form(separator, quoted)
        rows = [(line, row) for line, row in rows_of(text, form)]
        if quoted and wanted.quoting == "auto" and (line := merged_line(text, rows, separator)):
            raise Misshapen(line, "has a quote that ends on a later line; both look like rows")
    except Misshapen as error:
        raise Misshapen(error.line + before, str(error)) from error
    if not rows:
        raise Misshapen(1, "cannot be read: there is none, and so no header")
    (_, header), *body = rows
    header = [name.strip() for name in header]
    if twice := next((name for name in header if header.count(name) > 1), None):
        raise Misshapen(1 + before, f"names the column {twice!r} twice")
    body = [(line + before, row) for line, row in body]
    return _Content(header, body, _damaged(body, encoding), f"{form}, {encoding}")


def _damaged(rows: list[tuple[int, list[str]]], encoding: str) -> frozenset[int]:
    """Return the lines of rows with bytes that are not of the encoding.

    Raises:
        Misshapen: They are so many that the file must have another encoding, or it is binary.
    """
    lines = [line for line, row in rows if any(map(_is_damaged, row))]
    if len(lines) > MOST_DAMAGED * len(rows):
        raise Misshapen(
            lines[0],
            f"is not {encoding}, like {len(lines)} of {len(rows)} rows; the file must be UTF-8, or "
            "its encoding be set, such as 'cp1252' or 'gb18030'",
        )
    return frozenset(lines)


def _is_damaged(cell: str) -> bool:
    if cell.isascii():
        return "\0" in cell
    return "\0" in cell or any(ord(character) in DAMAGED for character in cell)
