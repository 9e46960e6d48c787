"""Lists that stand in a text, as programs write them into cells: they are read as lists.

Python's `['Introduction', 'Results']`, NumPy's without commas, JSON's, R's `c("a", "b")` and
PostgreSQL's `{a,"b c"}`. Text that only looks like one, such as `[sec:a] Introduction`, stays text.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any, Final

LONGEST: Final = 5_000_000
"""Longer texts are not looked at."""

_TOKEN: Final = re.compile(
    r"""\s*(?:
          (?P<string>u?'(?:[^'\\]|\\.)*' | u?"(?:[^"\\]|\\.)*")
        | (?P<open>[\[(]) | (?P<close>[\])]) | (?P<comma>,)
        | (?P<none>(?:None|null|NULL|nan|NaN|NA)\b)
        )""",
    re.VERBOSE | re.DOTALL,
)
_ARRAY: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)', re.DOTALL)
_WHOLE_ARRAY: Final = re.compile(
    r'\{(?:"(?:[^"\\]|\\.)*"|[^,{}"\s][^,{}"]*)(?:,(?:"(?:[^"\\]|\\.)*"|[^,{}"\s][^,{}"]*))*\}',
    re.DOTALL,
)
_BETWEEN: Final = {"(": ")", "[": "]"}


def list_in(text: str) -> list[Any] | None:
    """Return the list that a text is, or `None` if it is none.

    Its items are strings, lists of these, and `None` for a missing item.
    """
    text = text.strip()
    if not text or len(text) > LONGEST:
        return None
    if text.startswith("{") and text.endswith("}"):
        return _array(text)
    if text.startswith("array("):  # NumPy's `repr`
        text = re.sub(r",\s*dtype=\S+\)$", "", text[len("array(") :]).removesuffix(")")
    if text.startswith("c("):
        text = text[1:]
    return _sequence(text) if text[:1] in _BETWEEN else None


def _sequence(text: str) -> list[Any] | None:
    found: list[Any] | None = None
    open_lists: list[tuple[str, list[Any]]] = []
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or found is not None:
            return None
        at = token.end()
        if bracket := token["open"]:
            open_lists.append((_BETWEEN[bracket], []))
        elif bracket := token["close"]:
            if not open_lists or open_lists[-1][0] != bracket:
                return None
            _, items = open_lists.pop()
            if open_lists:
                open_lists[-1][1].append(items)
            else:
                found = items
        elif not open_lists:
            return None
        elif not token["comma"]:
            string = None if token["none"] else _string(token["string"])
            open_lists[-1][1].append(string)
    return found


def _string(token: str) -> str | None:
    """Return what a quoted text means, in JSON or in Python."""
    token = token.removeprefix("u")
    if token.startswith('"'):
        try:
            return str(json.loads(token, strict=False))
        except ValueError:
            pass  # it may be Python's
    try:
        return str(ast.literal_eval(token.replace("\n", "\\n")))
    except (ValueError, SyntaxError):
        return token[1:-1]


def _array(text: str) -> list[Any] | None:
    if _WHOLE_ARRAY.fullmatch(text) is None:
        return None
    return [
        re.sub(r"\\(.)", r"\1", quoted) if quoted or not bare else _bare(bare)
        for quoted, bare in _ARRAY.findall(text[1:-1])
    ]


def _bare(item: str) -> str | None:
    return None if item == "NULL" else item
