"""Recovers the JSON values in the raw text of an answer, however broken the text is.

All of them: a draft and the final answer, an echoed example, a description here and the relations
there. What they mean is decided in `shape`, which of them is taken in `judge`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import json_repair

from relgen_assets.extraction.codes import Repair

MAX_CHARACTERS = 40_000
"""Text beyond this length is ignored; answers are bounded by `max_tokens` anyway."""
MAX_DEPTH = 40
"""Deeper nesting is no answer, and repairing it takes time that grows with its square."""
MAX_VALUES = 20
_NOT_REPAIRED = (
    ValueError,
    RecursionError,
    AssertionError,
    LookupError,
    TypeError,
    AttributeError,
)
"""What json-repair raises about text that it cannot repair. The first two are meant; it also meets
its own assertions (fences inside a key, in 0.64), and an answer must not end a run for that."""

_START = re.compile(r"\{\s*[\"'\u201c\u201d]|\[\s*(?:\{\s*[\"'\u201c\u201d]|\[\s*\")")
_THOUGHTS = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_CONTINUES = re.compile(
    r"""\s*"?[^"{}\[\]]{1,600}"\s*,\s*"(?:list_of_entities|entities|relations)"\s*:"""
)
"""An answer that goes on from a prompt which ended in `{"description": "`."""
_PREFILL = '{"section_description": "'
_CURLY = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f", '"'))


@dataclass(frozen=True, slots=True)
class Salvaged:
    """A JSON object or list of an answer, and the repairs needed to get it."""

    value: Any
    repairs: tuple[Repair, ...]


def salvage(answer: str) -> list[Salvaged]:
    """Return the JSON objects and lists in `answer`, in the order in which they begin.

    Strict JSON comes first; then complete values inside other text; then the repair of broken
    JSON, such as an answer that was cut off. Never raises; takes time linear in the answer.
    """
    answer = answer[:MAX_CHARACTERS]
    strict = _strict(answer)
    if isinstance(strict, str):  # JSON as a string
        return [
            Salvaged(one.value, (*one.repairs, Repair.UNWRAPPED))
            for one in salvage(strict)
            if strict != answer
        ]
    if strict is not None:
        return [Salvaged(strict, ())] if isinstance(strict, dict | list) else []
    spoken = _without_thoughts(answer)
    return _found(spoken) or (_found(answer) if spoken != answer else [])


def _found(text: str) -> list[Salvaged]:
    if _CONTINUES.match(text) is not None:
        return _repaired(_PREFILL + text.lstrip().removeprefix('"'))
    complete, broken_at = _embedded(text)
    found = [Salvaged(value, (Repair.SURROUNDINGS_REMOVED,)) for value in complete]
    if broken_at is not None:
        found += _repaired(text[broken_at:])
    return found


def _without_thoughts(text: str) -> str:
    """Return the text without what a model thought before it answered."""
    kept: list[str] = []
    at = 0
    for tag in _THOUGHTS.finditer(text):
        if tag.group(1):  # an end: what came before are thoughts, even if the prompt opened them
            kept.clear()
        elif at < tag.start():
            kept.append(text[at : tag.start()])
        at = tag.end()
    return "".join((*kept, text[at:]))


def _strict(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None


def _embedded(text: str) -> tuple[list[Any], int | None]:
    """Return the complete values inside `text`, and where the first broken one begins."""
    decoder = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_unique)
    values: list[Any] = []
    broken_at: int | None = None
    position = 0
    for _ in range(MAX_VALUES):
        start = _START.search(text, position)
        if start is None:
            break
        try:
            value, position = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            broken_at = start.start() if broken_at is None else broken_at
            position = start.start() + 1
        else:
            values.append(value)
    return values, broken_at


def _repaired(text: str) -> list[Salvaged]:
    text = _shallow(text)
    if '"' not in text:
        text = text.translate(_CURLY)
    try:
        value = json_repair.loads(text, skip_json_loads=True)
    except _NOT_REPAIRED:
        return []
    return [Salvaged(value, (Repair.JSON_REPAIRED,))] if isinstance(value, dict | list) else []


def _shallow(text: str) -> str:
    """Return the text up to where it is nested too deeply."""
    depth = 0
    for match in re.finditer(r"[\[\]{}]", text):
        depth += 1 if match.group() in "[{" else -1
        if depth > MAX_DEPTH:
            return text[: match.start()]
    return text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return value


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
