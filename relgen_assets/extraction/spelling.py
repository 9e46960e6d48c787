"""In what two spellings of one name differ, for a person who asks why a name was respelled.

Which spellings are one name is decided in `identity`; nothing here decides on an answer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from enum import StrEnum

from relgen_assets.extraction.identity import DASHES, singular
from relgen_assets.extraction.words import WORD


class Difference(StrEnum):
    """A kind of difference between two spellings of one name."""

    FORM = "form"
    """Another form of a character: a ligature, a superscript, another dash or apostrophe."""
    ACCENTS = "accents"
    """Accents: `Schrodinger`, `Schrödinger`."""
    PLURAL = "plural"
    """Plural endings: `ion`, `ions`."""
    CASE = "case"
    """Small and capital letters."""
    HYPHENS = "hyphens"
    """Hyphens that join words: `co-valent`, `covalent`."""
    SPACES = "spaces"
    """Spaces: `poly(I:C)`, `poly ( I : C )`."""


def _plain_form(text: str) -> str:
    """Return a text in its compatibility form, with one dash and without other signs.

    Two spellings of one name have the same signs, as far as these count.
    """
    plain = unicodedata.normalize("NFKC", text)
    return "".join(
        "-" if letter in DASHES else letter
        for letter in plain
        if letter in DASHES or letter.isalnum() or letter.isspace() or unicodedata.combining(letter)
    )


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _without_plurals(text: str) -> str:
    return str(WORD.sub(lambda word: singular(word.group()), text))


def _without_hyphens(text: str) -> str:
    return "".join(letter for letter in text if letter not in DASHES)


def _without_spaces(text: str) -> str:
    return "".join(text.split())


_LEVELLED: dict[Difference, Callable[[str], str]] = {
    Difference.FORM: _plain_form,
    Difference.ACCENTS: _without_accents,
    Difference.PLURAL: _without_plurals,
    Difference.CASE: str.casefold,
    Difference.HYPHENS: _without_hyphens,
    Difference.SPACES: _without_spaces,
}
"""What removes each kind of difference; plural endings are told by case, so that comes later."""


def differences(one: str, other: str) -> tuple[Difference, ...]:
    """Return in what two spellings of one name differ; nothing if they are equal.

    A kind is named if the spellings still differ when all the other kinds are removed.
    """
    if one == other:
        return ()
    found = tuple(kind for kind in Difference if _level(one, kind) != _level(other, kind))
    return found or (Difference.FORM,)  # such as another dash, which is also a kind of hyphen


def _level(text: str, kept: Difference) -> str:
    """Return a text without any difference in spelling but one kind."""
    for kind, level in _LEVELLED.items():
        if kind is not kept:
            text = level(text)
    return text
