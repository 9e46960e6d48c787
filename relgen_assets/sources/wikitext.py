"""Headings of wiki markup, by the parser mwparserfromhell.

Comments are no text: what they hold is no heading, and what they follow stays one. Nor does a
heading count that stands in a template, a table, or a tag such as `<pre>`.
"""

from __future__ import annotations

import re
from typing import Any, Final

_HINT: Final = re.compile(r"^[ \t]*(?:<!--.*?-->)?==|<!--", re.MULTILINE | re.DOTALL)
_REST_OF_LINE: Final = re.compile(r"[ \t]*(?:\n|\Z)")
_LEVELS: Final = range(2, 7)


def headings_of(text: str) -> tuple[str, list[tuple[int, str]]]:
    """Return a text without its comments, and its headings, each with its offset.

    Text without markup has no headings; it stays as it is.
    """
    if _HINT.search(text) is None:
        return text, []
    import mwparserfromhell  # here, because only encyclopedia articles need it

    text = _without_comments(mwparserfromhell.parse(text)).strip()
    nodes = mwparserfromhell.parse(text).nodes
    found: list[tuple[int, str]] = []
    at = 0
    for node in nodes:
        end = at + len(str(node))  # before the heading loses its notes
        is_heading = isinstance(node, mwparserfromhell.nodes.Heading) and node.level in _LEVELS
        if is_heading and _REST_OF_LINE.match(text, end):
            name = _plain(node.title)
            found += [(at, name)] if name else []
        at = end
    return text, found


def _plain(title: Any) -> str:
    """Return a heading without markup and without notes."""
    for note in title.filter_tags(matches=lambda tag: str(tag.tag).casefold() == "ref"):
        title.remove(note)
    return " ".join(title.strip_code().split())


def _without_comments(code: Any) -> str:
    for comment in code.filter_comments():
        code.remove(comment)
    return str(code)
