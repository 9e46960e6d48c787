"""Deterministic answers: text that follows the JSON schema of a request, cut into tokens.

Nothing here is random: the same prompt and seed give the same answer, so that two runs over fake
servers can be compared byte for byte.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import Any

_SENTENCE = (
    "light drives the slow reaction while heat feeds its rate and the cell keeps water near "
    "the membrane so that each signal meets an early response"
)
_WORDS = _SENTENCE.split()
_TOKEN = re.compile(r"\s*\S{1,6}|\s+")


def answer_text(body: dict[str, Any], schema: dict[str, Any] | None, tokens: int) -> str:
    """Return the answer to a chat request.

    Args:
        body: The request as it was received.
        schema: JSON schema the answer has to follow, or None for free text.
        tokens: Length of a free text, in tokens of `split_tokens`.
    """
    seed = sha256(json.dumps([body.get("messages"), body.get("seed")]).encode()).digest()
    picker = _Picker(seed)
    if schema is not None:
        return json.dumps(picker.value(schema))
    return " ".join(picker.pick(_SHORT_WORDS) for _ in range(tokens))


def split_tokens(text: str) -> list[str]:
    """Return the text in pieces of up to six letters, each a token."""
    return _TOKEN.findall(text)


def count_tokens(text: str) -> int:
    """Return roughly how many tokens a text has: one for four characters."""
    return (len(text) + 3) // 4


def shared_length(one: str, other: str) -> int:
    """Return how many leading characters two texts share."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


_SHORT_WORDS = [word for word in _WORDS if len(word) <= 6]


class _Picker:
    """Builds values that follow a schema, drawing from a hash."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._draws = 0

    def pick(self, options: list[Any]) -> Any:
        self._draws += 1
        digest = sha256(self._seed + self._draws.to_bytes(4, "big")).digest()
        return options[int.from_bytes(digest[:4], "big") % len(options)]

    def value(self, schema: dict[str, Any]) -> Any:
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.pick(list(schema["enum"]))
        for union in ("anyOf", "oneOf"):
            if union in schema:
                return self.value(schema[union][0])
        kind = schema.get("type", "object")
        if isinstance(kind, list):
            kind = kind[0]
        return getattr(self, f"_{kind}")(schema)

    def _object(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {name: self.value(part) for name, part in schema.get("properties", {}).items()}

    def _array(self, schema: dict[str, Any]) -> list[Any]:
        least = schema.get("minItems", 1)
        most = schema.get("maxItems", least + 2)
        length = self.pick(list(range(least, min(most, least + 2) + 1)))
        items = [self.value(schema.get("items", {"type": "string"})) for _ in range(length)]
        if not schema.get("uniqueItems"):
            return items
        return [item for index, item in enumerate(items) if item not in items[:index]]

    def _string(self, schema: dict[str, Any]) -> str:
        text = " ".join(self.pick(_WORDS) for _ in range(4))
        text = text[: schema.get("maxLength", len(text))]
        return text.ljust(schema.get("minLength", 0), "x")

    def _integer(self, schema: dict[str, Any]) -> int:
        least = schema.get("minimum", 0)
        return int(self.pick(list(range(least, schema.get("maximum", least + 9) + 1))))

    def _number(self, schema: dict[str, Any]) -> float:
        return float(schema.get("minimum", 0)) + 0.5

    def _boolean(self, schema: dict[str, Any]) -> bool:
        return bool(self.pick([True, False]))

    def _null(self, schema: dict[str, Any]) -> None:
        return None
