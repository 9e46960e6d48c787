"""Text from articles and answers made safe to show: no terminal obeys it, any database takes it."""

from __future__ import annotations

import re

_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def visible(text: str) -> str:
    r"""Return a text with control characters and lone surrogates written as `\x1b`, `\ud800`.

    Tabs and newlines stay.
    """
    return _INVISIBLE.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
