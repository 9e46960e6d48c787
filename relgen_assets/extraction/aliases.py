"""Other names that a text gives an entity: its acronym, its long form, its last word.

`convolutional neural networks ( CNNs )` introduces an acronym. The last word of a name stands for
it where the text has no other use for that word: `urchins` for `sea urchins`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from relgen_assets.extraction.grounding import GroundedText
from relgen_assets.extraction.words import WORD

_ACRONYM_AFTER = re.compile(r"\s*\(\s*([^\W\d_][\w-]{1,9})\s*\)")
_WORDS_BEFORE = re.compile(r"((?:[\w-]+\s+){1,8})\(\s*$")
_CLOSING = re.compile(r"\s*\)")
_SHORTEST_LAST_WORD = 4


def aliases(text: str, grounded: GroundedText, name: str) -> list[str]:
    """Return what else the text calls the entity `name`.

    Args:
        text: The text.
        grounded: The same, prepared.
        name: The entity, as the text spells it.
    """
    mentions = grounded.mentions(name)
    found = [
        *(acronym for _, end in mentions if (acronym := _acronym(text, name, end))),
        *(long for start, end in mentions if (long := _long_form(text, name, start, end))),
    ]
    last = name.split()[-1]
    if " " in name and len(last) >= _SHORTEST_LAST_WORD and last.isalpha():
        uses = grounded.mentions(last)
        if uses and all(_inside(use, mentions) for use in uses):
            found.append(last)
    return list(dict.fromkeys(found))


def _acronym(text: str, name: str, end: int) -> str | None:
    match = _ACRONYM_AFTER.match(text, end)
    if match is None or not _abbreviates(match.group(1), WORD.findall(name)):
        return None
    return match.group(1)


def _long_form(text: str, name: str, start: int, end: int) -> str | None:
    if _CLOSING.match(text, end) is None:
        return None
    before = _WORDS_BEFORE.search(text, max(0, start - 120), start)
    if before is None:
        return None
    words = before.group(1).split()
    for count in range(1, len(words) + 1):
        if _abbreviates(name, WORD.findall(" ".join(words[-count:]))):
            return " ".join(words[-count:])
    return None


def _abbreviates(acronym: str, words: Sequence[str]) -> bool:
    """Return whether the capitals of an acronym are the initials of words, all of them."""
    capitals = [letter.casefold() for letter in acronym if letter.isupper()]
    initials = [word[0].casefold() for word in words]
    return len(capitals) > 1 and capitals == initials


def _inside(span: tuple[int, int], spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in spans)
