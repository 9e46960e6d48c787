"""The form of a CSV or TSV file: encoding, separator, and whether quotes have a meaning.

The settings may name each. What they leave open is found out, and what was chosen is said. Where a
file can be read in two ways that give other articles, neither is chosen.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, Literal

Quoting = Literal["auto", "double", "none"]

_SEPARATORS: Final = (",", ";", "\t", "|")
_NAMES: Final = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DAMAGED: Final = range(0xDC80, 0xDD00)
"""What stands for the bytes of a UTF-8 file that are no UTF-8 (Python's `surrogateescape`)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the settings say of the form; what is `None` or `auto` is found out.

    Attributes:
        separator: The character between cells.
        quoting: `double`: a cell may stand in double quotes; `none`: they are characters like any.
        encoding: Name of the encoding.
    """

    separator: str | None = None
    quoting: Quoting = "auto"
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a file.

    Attributes:
        separator: The character between cells.
        quoted: Whether a cell may stand in double quotes.
    """

    separator: str
    quoted: bool

    def __str__(self) -> str:
        between = _NAMES.get(self.separator, repr(self.separator))
        return f"{between} between cells, " + (
            "quotes around cells" if self.quoted else "quotes are text"
        )


class Misshapen(ValueError):
    """A row that does not have the shape of the header.

    Attributes:
        line: The line on which it begins.
    """

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def decoded(content: bytes, wanted: str | None) -> tuple[str, str]:
    """Return the text of a file and the name of its encoding.

    Bytes that are not of the encoding found out are kept as characters of `DAMAGED`.

    Raises:
        Misshapen: The content is not in the encoding that the settings name, or is binary.
    """
    marked = next((name for mark, name in _MARKS if content.startswith(mark)), None)
    encoding = wanted or marked or "utf-8"
    if wanted and marked == "utf-8-sig" and codecs.lookup(wanted).name == "utf-8":
        encoding = marked
    try:
        return content.decode(encoding, "strict" if wanted else "surrogateescape"), encoding
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        raise Misshapen(content[:start].count(b"\n") + 1, f"is not {encoding}") from error


def separator_of(text: str, default: str) -> tuple[str, int]:
    """Return the separator of a text, and the number of characters before its header.

    It is the one that parts the header into most columns. Some spreadsheets name it in a first line
    such as `sep=;`.
    """
    first = text.split("\n", 1)[0]
    if first.rstrip("\r")[:-1].lower() == "sep=":
        return first.rstrip("\r")[-1], len(first) + 1
    columns = {one: len(_header(text, one)) for one in _SEPARATORS}
    most = max(columns.values())
    return (default if columns[default] == most else max(columns, key=lambda s: columns[s])), 0


def rows_of(text: str, form: Form) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a text, each with the line on which it begins; the header comes first.

    Raises:
        Misshapen: A row has more or fewer cells than the header, or a quote does not end.
    """
    lines = io.StringIO(text, newline="")
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if form.quoted else csv.QUOTE_NONE
    csv.field_size_limit(max(len(text), csv.field_size_limit()))
    reader = csv.reader(lines, delimiter=form.separator, quoting=quoting, strict=True)
    width, line = 0, 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            what = "has a quote that does not end as a cell does"
            raise Misshapen(line, f"{what} ({error})") from error
        if row is None:
            return
        if row:  # not a blank line
            width = width or len(row)
            if len(row) != width:
                raise Misshapen(line, f"has {len(row)} cells, the header {width}")
            yield line, row
        line = reader.line_num + 1


def quoted_or_not(text: str, separator: str) -> bool:
    """Return whether quotes have a meaning in a text, by the shape of its rows.

    With tabs between cells, quotes are text wherever each line is a row then. Otherwise they have a
    meaning.

    Raises:
        Misshapen: Both may be meant, and give other rows.
    """
    if '"' not in text:
        return True
    unquoted = _shape(text, Form(separator, quoted=False))
    if unquoted is None:
        return True
    quoted = _shape(text, Form(separator, quoted=True))
    if quoted is None or len(quoted) == len(unquoted):
        return separator != "\t" or quoted is not None
    if separator == "\t":
        return False
    pairs = zip(quoted, unquoted, strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    raise Misshapen(
        quoted[same - 1],
        "can be read in two ways: a quote that begins there ends on a later line",
    )


def merged_line(text: str, rows: list[tuple[int, list[str]]], separator: str) -> int | None:
    """Return the line of a quoted row of several lines that all look like rows; `None` without one.

    Text has no tabs, so that such lines are rows that a stray quote has merged.
    """
    if separator != "\t":
        return None
    lines = text.splitlines()
    ends = [line for line, _ in rows[1:]] + [len(lines) + 1]
    for (start, row), end in zip(rows, ends, strict=True):
        within = [line for line in lines[start - 1 : end - 1] if line]
        if len(within) > 1 and all(line.count("\t") == len(row) - 1 for line in within):
            return start
    return None


def _header(text: str, separator: str) -> list[str]:
    try:
        return next(rows_of(text, Form(separator, quoted=True)), (1, []))[1]
    except Misshapen:
        return []


def _shape(text: str, form: Form) -> list[int] | None:
    """Return the lines on which rows begin, or `None` if the rows have not the shape of a table."""
    try:
        return [line for line, _ in rows_of(text, form)]
    except Misshapen:
        return None
