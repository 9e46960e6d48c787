"""Reads gold files that users bring: JSON lines, in one of the forms of `gold_formats`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from relgen_assets.domain_errors import SourceError
from relgen_assets.evaluation.gold import GoldText, without_control_tokens
from relgen_assets.evaluation.gold_formats import FORMATS, GoldFormat

_MARK: Final = "\ufeff"
_FORMS: Final = f"Known are: {', '.join(FORMATS)} (docs/evaluation.md)."


def read_gold(path: Path, *, form: str | None = None) -> list[GoldText]:
    """Return the texts of a gold file, in their order, without those that are empty.

    Args:
        path: A file of JSON lines.
        form: A name of `FORMATS`; by default it is told from the keys of the first row.

    Raises:
        SourceError: The file cannot be read, a line of it is not in this form, or it has no texts.
    """
    if form is not None and form not in FORMATS:
        raise SourceError("there is no such form of gold.", where=form, remedy=_FORMS)
    rows = list(_rows(path))
    if not rows:
        raise SourceError("the gold file is empty.", where=str(path), remedy="Choose another one.")
    wanted = FORMATS[form] if form else _told(path, rows[0][1])
    texts: list[GoldText] = []
    for line, row in rows:
        try:
            found = list(wanted.texts(row, f"{path.stem}#{line}", path.stem))
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise _malformed(path, line, form, error) from error
        texts += (without_control_tokens(one) for one in found if one.text.strip())
    if not texts:
        raise SourceError("the gold file has no texts.", where=str(path), remedy="Choose another.")
    return texts


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a file, each with the number of its line, from 1."""
    try:
        lines = path.read_text(encoding="utf-8").removeprefix(_MARK).split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"the gold file cannot be read: {error}.",
            where=str(path),
            remedy="Name a file of JSON lines in UTF-8, or a split: validation or test.",
        ) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _malformed(path, number, None, error) from error
        if not isinstance(row, dict):
            raise _malformed(path, number, None, ValueError("it is not a JSON object"))
        yield number, row


def _told(path: Path, row: dict[str, Any]) -> GoldFormat:
    """Return the form of a row.

    Raises:
        SourceError: It is none that is known.
    """
    for known in FORMATS.values():
        if known.keys <= row.keys():
            return known
    raise SourceError(
        f"its first row is in no known form of gold; it has the keys {', '.join(sorted(row))}.",
        where=str(path),
        remedy=f"Convert it, or name its form with --format. {_FORMS}",
    )


def _malformed(path: Path, line: int, form: str | None, error: Exception) -> SourceError:
    what = f"it has no {error}" if isinstance(error, KeyError) else str(error)
    of_form = f" in the form {form}" if form else ""
    return SourceError(
        f"line {line} cannot be read{of_form}: {what}.",
        where=str(path),
        remedy=f"Correct the line, or name the form of the file with --format. {_FORMS}",
    )
