"""How figures are laid out: aligned lines where they fit, indented details where they do not.

A table that is folded or cut into narrow columns hides what matters. Here every line belongs to one
thing, such as a batch or an endpoint, and long facts about it stand below, indented. On a terminal
long text is wrapped between words; a pipe gets whole lines of any length. Nothing is left out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console

from relgen_assets.text.visible import visible

INDENT = "    "
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of a listing.

    Attributes:
        cells: Its short values, one for each heading; the first is its name.
        details: Further facts as (name, text), shown below it; those without text are left out.
    """

    cells: Sequence[str]
    details: Sequence[tuple[str, str]] = ()


def print_listing(
    console: Console,
    headings: Sequence[str],
    lines: Iterable[Line],
    *,
    left: Collection[str] = (),
) -> None:
    """Print one line for each thing, in columns if the terminal is wide enough.

    Where it is not, the name has a line of its own and the values follow as details.

    Args:
        console: Where to print.
        headings: Names of the columns.
        lines: The things; nothing is printed if there are none.
        left: Columns after the first that hold words, aligned to the left; others hold numbers.
    """
    found = list(lines)
    if not found:
        return
    widths = [
        max(map(cell_len, column))
        for column in zip(headings, *(line.cells for line in found), strict=True)
    ]
    words = {0, *(number for number, name in enumerate(headings) if name in left)}
    if console.is_terminal and sum(widths) + len(_GAP) * (len(widths) - 1) > console.width:
        for line in found:
            write(console, line.cells[0])
            values = zip(headings[1:], line.cells[1:], strict=True)
            for packed in _packed([f"{name} {value}" for name, value in values if value], console):
                write(console, packed)
            _print_details(console, line.details)
        return
    write(console, _aligned(headings, widths, words), style="bold")
    for line in found:
        write(console, _aligned(line.cells, widths, words))
        _print_details(console, line.details)


def print_facts(console: Console, facts: Sequence[tuple[str, str]]) -> None:
    """Print names and values in two columns; a long value continues in its own column."""
    width = max((cell_len(name) for name, _ in facts), default=0)
    for name, value in facts:
        start = _padded(name, width) + _GAP
        say(console, value, first=start, indent=" " * cell_len(start))


def say(
    console: Console, text: str, *, first: str = "", indent: str = "", style: str | None = None
) -> None:
    """Print a text with a start of its own, wrapped between words on a terminal.

    Args:
        console: Where to print.
        text: The text; its line breaks are kept.
        first: What the first line begins with.
        indent: What further lines begin with.
        style: Style of `first`, on a terminal.
    """
    start, width = first, max(cell_len(first), cell_len(indent))
    for paragraph in text.splitlines() or [""]:
        lines = [paragraph]
        if console.is_terminal:
            # A word that is longer than the line stays whole, so that it can be copied.
            lines = textwrap.wrap(
                paragraph,
                max(20, console.width - width),
                break_long_words=False,
                break_on_hyphens=False,
                drop_whitespace=True,
            ) or [""]
        for line in lines:
            if start and style is not None and console.is_terminal:
                console.out(visible(start), style=style, end="", highlight=False)
                start, style = "", None
            write(console, f"{start}{line}".rstrip())
            start = indent


def say_below(console: Console, text: str, *, further: str = "") -> None:
    """Print a text indented, below what it belongs to; its further lines with `further` as well."""
    say(console, text, first=INDENT, indent=INDENT + further)


def write(console: Console, text: str, *, style: str | None = None) -> None:
    """Print one line as it is: not folded, not cut, without markup; in a style on a terminal.

    On a terminal control characters are shown as escapes: text of servers and articles must not
    move the cursor or change colours.
    """
    if console.is_terminal:
        console.out(visible(text), style=style, highlight=False)
    else:  # past rich, which replaces tabs and drops control characters
        console.file.write(f"{text}\n")
        console.file.flush()


def write_text(console: Console, text: str) -> None:
    """Print a long text: wrapped between words on a terminal, exactly as it is on a pipe."""
    for line in text.split("\n"):
        if console.is_terminal:
            say(console, line)
        else:
            write(console, line)


def _print_details(console: Console, details: Iterable[tuple[str, str]]) -> None:
    for name, text in details:
        if text:
            say_below(console, f"{name}: {text}" if name else text, further=INDENT)


def _packed(parts: Sequence[str], console: Console) -> Iterator[str]:
    """Yield indented lines with as many parts as fit; no part is split."""
    line = ""
    for part in parts:
        longer = f"{line}; {part}" if line else INDENT + part
        if line and cell_len(longer) > console.width:
            yield line
            longer = INDENT + part
        line = longer
    if line:
        yield line


def _aligned(cells: Sequence[str], widths: Sequence[int], words: Collection[int]) -> str:
    return _GAP.join(
        _padded(cell, width, right=number not in words)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ).rstrip()


def _padded(cell: str, width: int, *, right: bool = False) -> str:
    filling = " " * (width - cell_len(cell))
    return filling + cell if right else cell + filling
