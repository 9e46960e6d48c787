"""Text from articles and models inside Markdown metadata: shown as it is, never live.

Dagster's UI renders metadata as GitHub's Markdown and lets remote images through. In data, no link,
image, tag or heading may come alive.
"""

from __future__ import annotations

import re
from string import punctuation

from relgen_assets.text.visible import visible

_SIGNS = str.maketrans({sign: f"&#{ord(sign)};" for sign in punctuation})
_LINKED = re.compile(r"(?<=www)(?=\.)|(?<=:)(?=//)|(?=@)", re.IGNORECASE)
_INDENT = re.compile(r"(?<=\n)[ \t]+")  # would make a block of code
_ZERO_WIDTH_SPACE = "\u200b"
_LINE_BREAK = "  \n"


def plain(text: str) -> str:
    """Return Markdown that shows exactly `text`, on as many lines, but for spaces before a line.

    Signs become character references, which Markdown never takes for its own. Addresses are linked
    from the finished text, so an invisible space breaks them.
    """
    broken = _LINKED.sub(_ZERO_WIDTH_SPACE, _INDENT.sub("", visible(text)))
    return broken.translate(_SIGNS).replace("\n", _LINE_BREAK)


def quoted(markdown: str) -> str:
    """Return finished Markdown as a quotation."""
    return "\n".join(f"> {line}" for line in markdown.strip().split("\n"))
