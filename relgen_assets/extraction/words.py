"""What a word is, in any script, and where words may begin and end.

Letters, digits and their marks make words, by the Unicode properties of the library `regex`.
Borders are those of Unicode's annex 29 with three changes, since names are looked for, and no words
counted. Scripts that put no spaces between words have a border between any two characters. So has a
change between such a script, or Korean, and another. A Korean name may be followed by particles.
Invisible characters, such as soft hyphens and zero-width spaces, neither make nor part words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import regex

_UNSPACED: Final = (
    r"\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Thai}"
    r"\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Yi}\p{Script=Tibetan}"
)
"""Scripts that put no spaces between words."""
_HANGUL: Final = r"\p{Script=Hangul}"
_INVISIBLE: Final = (
    r"\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
    r"\ufe00-\ufe0f"
)
"""Formatting characters: soft hyphen, zero-width spaces and joiners, marks of direction."""
_TAIL_SET: Final = rf"\p{{M}}{_INVISIBLE}\u30fc\uff70\u0640"
_TAIL: Final = rf"[{_TAIL_SET}]*"
"""What belongs to the letter before it: marks, invisible characters, signs of a long vowel."""
_SPACED: Final = rf"[[\p{{L}}\p{{N}}]--[{_UNSPACED}{_HANGUL}]]"
_DENSE: Final = rf"[[\p{{L}}\p{{N}}]&&[{_UNSPACED}{_HANGUL}]]"

_ENTITY: Final = r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6});"
WORD: Final = regex.compile(rf"(?V1)[\p{{L}}\p{{N}}][\p{{L}}\p{{N}}{_TAIL_SET}]*")
"""A word between spaces and signs: letters and digits with their marks, of whatever script."""
_PIECE: Final = regex.compile(rf"(?V1)(?:{_SPACED}{_TAIL})+|{_DENSE}{_TAIL}|{_ENTITY}|\S")
_ASCII_PIECE: Final = re.compile(rf"[A-Za-z0-9]+|{_ENTITY}|\S")
"""The same for texts of ASCII alone, in half the time."""
_WHOLE_ENTITY: Final = re.compile(_ENTITY)
_TRAILING: Final = regex.compile(rf"(?V1)[{_INVISIBLE}]+\Z")

_OPTIONAL: Final = regex.compile(
    rf"(?V1)[{_INVISIBLE}"
    r"\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    r"\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]"
)
"""Marks that may be left out without making another word: accents, Hebrew points, Arabic harakat,
and what lengthens an Arabic line. The marks of Indic scripts and of Thai are vowels and tones."""

_PARTICLES: Final = (
    "은|는|이|가|을|를|의|에|에서|에게|께서|께|와|과|도|로|으로|만|부터|까지|보다|처럼|이나|나|이며|며"
    "|이고|고|하고|이다|다|입니다|이란|란|이라는|라는|이라고|라고|로서|으로서|로써|으로써|마다|조차|밖에"
    "|뿐|이라도|라도|이든|든|인|적|들"
)
_AFTER_NAME: Final = re.compile(rf"(?:{_PARTICLES}){{1,3}}")
"""Korean particles after a name, at most three in a row, such as `들에서는`."""
_LONGEST_PARTICLES: Final = 9


def pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield what counts as one for identity, with its place in the text.

    That is a word, a character of a script without spaces, an entity of HTML, or a sign. Invisible
    characters at the end of a word are left out.
    """
    pattern = _ASCII_PIECE if text.isascii() else _PIECE
    for match in pattern.finditer(text):
        piece: str = match.group()
        if len(piece) > 1 and not piece.isascii():
            piece = _TRAILING.sub("", piece) or piece
        yield piece, match.start(), match.start() + len(piece)


def without_optional_marks(text: str) -> str:
    """Return a decomposed text without marks that may be left out, and without invisible ones."""
    return _OPTIONAL.sub("", text) if not text.isascii() else text


def entity(piece: str) -> str | None:
    """Return what an entity of HTML stands for, such as `&` for `&amp;`; `None` if it is none."""
    if not piece.startswith("&") or len(piece) < 3 or _WHOLE_ENTITY.fullmatch(piece) is None:
        return None
    meant = html.unescape(piece)
    return meant if meant != piece else None


def is_border(text: str, at: int) -> bool:
    """Return whether a word may begin or end at a place of a text; `at` is inside of it.

    Before invisible characters a word may end if it may end behind them.
    """
    if _kind(text[at]) == "tail" and not _is_invisible(text[at]):
        return False
    after, before = at, at - 1
    while after < len(text) and _is_invisible(text[after]):
        after += 1
    while before >= 0 and _kind(text[before]) == "tail":
        before -= 1
    left = _kind(text[before]) if before >= 0 else ""
    right = _kind(text[after]) if after < len(text) else ""
    if not left or not right:
        return True
    return right != "tail" and (left != right or left == "unspaced")


def ends_before_particles(text: str, at: int) -> bool:
    """Return whether all that follows inside a Korean word is particles."""
    if _kind(text[at]) != "hangul":
        return False
    end = at
    while end < len(text) and end - at <= _LONGEST_PARTICLES and _kind(text[end]) == "hangul":
        end += 1
    return _AFTER_NAME.fullmatch(text, at, end) is not None


def _is_invisible(character: str) -> bool:
    return not character.isascii() and _TRAILING.match(character) is not None


@lru_cache(maxsize=20_000)
def _kind(character: str) -> str:
    """Return `spaced`, `unspaced` or `hangul` for a letter or digit, `tail` for what follows one.

    A sign is of the kind `""`.
    """
    if character.isascii():
        return "spaced" if character.isalnum() else ""
    if regex.fullmatch(_TAIL, character, flags=regex.V1):
        return "tail"
    if not (character.isalnum() or character.isalpha()):
        return ""
    if regex.fullmatch(rf"[{_UNSPACED}]", character, flags=regex.V1):
        return "unspaced"
    return "hangul" if regex.fullmatch(_HANGUL, character, flags=regex.V1) else "spaced"
