"""Who wrote an article, where it appeared and under which licence, as far as its row tells.

A value in an unexpected form is left out: it costs an attribution, never an article. What a licence
allows belongs to `rights`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from relgen_assets.settings import BibliographyColumns
from relgen_assets.sources.row_files import Column
from relgen_assets.sources.source_row import value_at
from relgen_assets.sources.text_lists import list_in

FIRST_YEAR: Final = 1600
LAST_YEAR: Final = 2100
"""Numbers outside are no year of publication."""

_DOI = re.compile(r"\b10\.\d{4,9}/\S+")
_YEAR = re.compile(r"(?<!\d)(1[6-9]\d\d|20\d\d)(?!\d)")
_BETWEEN_AUTHORS = re.compile(r"\s*;\s*|\n|,?\s+(?:and|&)\s+")
_NAME_KEYS: Final = ("name", "full_name", "display_name", "literal")
_FIRST_KEYS: Final = ("given", "first", "forenames", "first_name")
_LAST_KEYS: Final = ("family", "last", "keyname", "surname", "last_name")


@dataclass(frozen=True, slots=True)
class Bibliography:
    """What a row tells of its article; an empty value where it tells nothing.

    Attributes:
        licence: Licence in the words of the source.
        doi: The bare DOI, such as `10.1371/journal.pone.0000217`.
        url: Address of the article.
        authors: Authors in order.
        year: Year of publication.
    """

    licence: str = ""
    doi: str = ""
    url: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None


NOTHING_TOLD: Final = Bibliography()


def bibliography_columns(names: BibliographyColumns) -> list[Column]:
    """Return the columns to read; none of them has to be there."""
    wanted = {
        **dict.fromkeys(_licence_columns(names), "licence"),
        names.doi: "doi",
        names.url: "url",
        names.authors: "authors",
        names.year: "year",
    }
    return [Column(name, setting, required=False) for name, setting in wanted.items()]


def bibliography(
    row: Mapping[str, Any], names: BibliographyColumns, *, licence: str
) -> Bibliography:
    """Return what a row tells of its article.

    Args:
        row: The row as the file holds it.
        names: Names of its columns.
        licence: Licence of an article that names none.
    """
    own = next(
        (text for name in _licence_columns(names) if (text := _text(value_at(row, name)))), ""
    )
    doi = _DOI.search(_text(value_at(row, names.doi)))
    url = _text(value_at(row, names.url))
    return Bibliography(
        licence=own or licence,
        doi=_without_end(doi[0]) if doi else "",
        url=url if url.casefold().startswith(("http://", "https://")) else "",
        authors=tuple(_authors(value_at(row, names.authors))),
        year=_year(value_at(row, names.year)),
    )


def _licence_columns(names: BibliographyColumns) -> tuple[str, ...]:
    return ("licence", "license") if names.licence is None else (names.licence,)


def _text(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _without_end(doi: str) -> str:
    """Return a DOI without the punctuation of the sentence around it."""
    bare = doi.rstrip(".,;")
    return bare[:-1] if bare.endswith(")") and "(" not in bare else bare


def _authors(value: object) -> Iterable[str]:
    """Yield authors from text such as "Ada Byron; Karl Maier", or from a list of names or tables.

    Commas are borders between names only where every part has a first and a last name: "Byron, A.,
    Maier, K." cannot be told from four names.
    """
    if isinstance(value, str) and (items := list_in(value)) is not None:
        value = items
    if isinstance(value, str):
        for part in _BETWEEN_AUTHORS.split(value):
            names = [_text(name) for name in part.split(",") if name.strip()]
            whole = all(" " in name and not name.endswith(".") for name in names)
            yield from names if whole else [_text(part).strip(" ,")]
    elif isinstance(value, list | tuple):
        for one in value:
            if name := _text(one) or (_named(one) if isinstance(one, Mapping) else ""):
                yield name


def _named(author: Mapping[str, Any]) -> str:
    whole = next((text for key in _NAME_KEYS if (text := _text(author.get(key)))), "")
    if whole:
        return whole
    parts = (
        next((text for key in keys if (text := _text(author.get(key)))), "")
        for keys in (_FIRST_KEYS, _LAST_KEYS)
    )
    return " ".join(part for part in parts if part)


def _year(value: object) -> int | None:
    """Return the year of a number, of text that holds one, or of a date."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if FIRST_YEAR <= value <= LAST_YEAR else None
    found = _YEAR.search(str(value)) if value is not None else None
    return int(found[1]) if found else None
