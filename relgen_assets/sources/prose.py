"""The opening of an article, for one without an abstract, and notices that are no articles."""

from __future__ import annotations

import re
from typing import Final

SHORTENED: Final = "abstract: longer than a summary is made of, shortened"
"""Remark on an article whose abstract exceeds `LONGEST_ABSTRACT`."""
OPENING_TAKEN: Final = "abstract: missing, the opening of the text is taken"

LONGEST_ABSTRACT: Final = 8_000
"""Bytes of UTF-8 of an abstract that a summary is made of: about 2,000 tokens, in any script."""
LONGEST_OPENING: Final = 1_500
SHORTEST_PARAGRAPH: Final = 100
"""Characters of a paragraph that is prose, rather than a title, a name or an address."""
LONGEST_NOTICE: Final = 2_000
"""Characters; a longer text is more than a notice of who paid."""
NOTICE_SHARE: Final = 0.6
"""Share of the sentences that have to be about money for the text to be such a notice."""

_SENTENCE_END: Final = re.compile(r"[.!?](?=\s)|[。！？।]")  # noqa: RUF001  other scripts are meant
_FUNDING: Final = re.compile(
    r"\b(?:fund(?:ed|ing|er|ers|s)?|grants?|support(?:ed)? (?:by|from|of)|financ\w+|sponsor\w*"
    r"|acknowledg\w+|fellowships?|scholarships?|award(?:ed|s)? (?:by|from|no|number|to))\b",
    re.IGNORECASE,
)


def opening(article: str) -> str:
    """Return the first prose of an article, whole sentences if there are any; empty without one."""
    found: list[str] = []
    length = 0
    for paragraph in filter(None, map(str.strip, article.split("\n"))):
        if len(paragraph) >= SHORTEST_PARAGRAPH or found:
            found.append(paragraph)
            length += len(paragraph)
        if length >= LONGEST_OPENING:
            break
    return _cut(" ".join(found), LONGEST_OPENING)


def shortened(abstract: str) -> str:
    """Return an abstract, cut after a sentence where it is longer than `LONGEST_ABSTRACT`."""
    encoded = abstract.encode("utf-8")
    if len(encoded) <= LONGEST_ABSTRACT:
        return abstract
    return _cut(abstract, len(encoded[:LONGEST_ABSTRACT].decode("utf-8", "ignore")))


def is_funding_notice(text: str) -> bool:
    """Return whether a short text says nothing but who paid for the work."""
    if len(text) > LONGEST_NOTICE or _FUNDING.search(text) is None:
        return False
    sentences = [part for part in _SENTENCE_END.split(text) if len(part.split()) > 2]
    told = sum(_FUNDING.search(sentence) is not None for sentence in sentences)
    return told >= NOTICE_SHARE * len(sentences)


def _cut(text: str, longest: int) -> str:
    """Return a text of at most so many characters, in whole sentences or at least whole words."""
    if len(text) <= longest:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, longest)]
    if ends and ends[-1] >= longest // 2:
        return text[: ends[-1]]
    space = text.rfind(" ", longest // 2, longest)
    return text[: space if space > 0 else longest]
