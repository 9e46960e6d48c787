"""The YAML at the head of a card, between two lines of three hyphens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

_FENCE: Final = "---"
_ANY_WIDTH: Final = 1 << 30


def headed(metadata: Mapping[str, Any], body: str) -> str:
    """Return a card: YAML, then its text."""
    # A value is never folded: a line of it could look like the fence.
    written = yaml.safe_dump(dict(metadata), sort_keys=False, allow_unicode=True, width=_ANY_WIDTH)
    return f"{_FENCE}\n{written}{_FENCE}\n\n{body}"


def parted(card: str) -> tuple[dict[str, Any], str]:
    """Return the YAML of a card, and its text.

    Raises:
        ValueError: It does not begin with such YAML; also `yaml.YAMLError`.
    """
    lines = card.split("\n")
    if lines[0] != _FENCE or _FENCE not in lines[1:]:
        raise ValueError("no YAML between lines of three hyphens")
    end = lines.index(_FENCE, 1)
    metadata = yaml.safe_load("\n".join(lines[1:end]))
    if not isinstance(metadata, dict):
        raise ValueError("the YAML is no mapping")
    return metadata, "\n".join(lines[end + 1 :]).lstrip("\n")
