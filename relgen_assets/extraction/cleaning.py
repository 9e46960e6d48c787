"""Cleaning of single strings: the texts and names of an answer in one canonical form.

Whether a name occurs in a text is decided in `grounding`.
"""

from __future__ import annotations

import re
import unicodedata

from resources.control_tokens import neutralised

_WORD = re.compile(r"\w+")
_DROPPED_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn"})
_QUOTES_AND_STOPS = "\"'`\u201c\u201d\u2018\u2019«».,;: "
_BRACKETS = frozenset({"()", "[]"})
_CITATIONS = re.compile(
    r"(?:\s*[(\[,;]?\s*(?:and\s+|see\s+|e\.g\.,?\s+)?(?:@xcite|\bCITE\b|\[\d+(?:[,-]\s*\d+)*\])"
    r"\s*[)\]]?)+\s*(?P<stop>[.,;:]?)"
)
_SENTENCE_END = re.compile(r"(?<=[a-z0-9)\]])[.!?](?=\s+[A-Z])")
LOOP_WORDS = 16
"""Fewest words of a text that can be called a loop."""
LOOP_SHARE = 0.5
"""Share of distinct four-word sequences below which a text is a loop."""


def clean(text: str) -> str:
    """Return `text` in Unicode form NFC, without control characters or tokens, single-spaced.

    Cleaning is idempotent.
    """
    kept = "".join(
        character
        for character in text
        if character.isspace() or unicodedata.category(character) not in _DROPPED_CATEGORIES
    )
    return neutralised(" ".join(unicodedata.normalize("NFC", kept).split()))


def clean_name(name: str) -> str:
    """Return the name of an entity single-spaced, without quotes, stops or brackets around it.

    Its Unicode form stays as it is, because the name has to be found in a text, whose control
    tokens are neutralised as those of the name are. Signs at its end stay as well, as in `A*`, and
    brackets around a part of it, as in `(R)-ketamine`.
    """
    name = " ".join(name.split()).strip(_QUOTES_AND_STOPS)
    inside = name[1:-1]
    if name[:1] + name[-1:] in _BRACKETS and not any(sign in inside for sign in "()[]"):
        return clean_name(inside)
    return neutralised(name)


def without_citations(text: str) -> str:
    """Return `text` without the masks of citations, and what only joined or enclosed them."""
    return " ".join(_CITATIONS.sub(_after_citations, text).split())


def _after_citations(match: re.Match[str]) -> str:
    return match["stop"] or " "


def ends(text: str) -> bool:
    """Return whether a text ends like a sentence."""
    return text.rstrip("\"'\u201d\u2019)] ").endswith((".", "!", "?", "\u2026"))


def whole_sentences(text: str) -> str:
    """Return a text up to the end of its last whole sentence; may be empty."""
    found = [match.end() for match in _SENTENCE_END.finditer(text)]
    return text[: found[-1]].rstrip() if found else ""


def runs_in_a_loop(text: str) -> bool:
    """Return whether `text` repeats the same few words over and over."""
    words = [word.casefold() for word in _WORD.findall(text)]
    if len(words) < LOOP_WORDS:
        return False
    fours = [tuple(words[start : start + 4]) for start in range(len(words) - 3)]
    return len(set(fours)) / len(fours) < LOOP_SHARE


def is_usable(description: str) -> bool:
    """Return whether a description has content and is no loop."""
    has_letters = any(character.isalpha() for character in description)
    return has_letters and not runs_in_a_loop(description)


def word_set(words: str) -> frozenset[str]:
    """Return the words of a list that is written as one string, separated by white space."""
    return frozenset(words.split())
