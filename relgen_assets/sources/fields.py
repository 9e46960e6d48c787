"""Single fields of a row: what they hold is made text, or left out with a remark.

An odd value costs its own field and nothing else. Whether an article can be used without it is
decided in `cleaning`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from relgen_assets.sources.text_lists import list_in

_OPENINGS = tuple("[(ca")
"""How lists in a text begin: also `c(` and `array(`. Running text may stand in braces."""
_TEXT_KEYS = ("text", "content", "value", "heading", "section", "name", "title")
"""Keys under which a table of a list holds its text, as in `[{"text": "..."}]`."""


class Fields:
    """Reads the fields of one row, and notes what was odd about them.

    Attributes:
        remarks: What was odd, as `<field>: <what>`; the same words for the same oddity.
    """

    def __init__(self) -> None:
        self.remarks: list[str] = []

    def text(self, field: str, value: object, *, between: str = " ") -> str | None:
        """Return the text of a field, or `None` if it holds something else.

        A missing value is empty text. The items of a list are joined.
        """
        if is_missing(value):
            return ""
        if isinstance(value, str):
            items = list_in(value) if value.lstrip()[:1] in _OPENINGS else None
            if items is None:
                return value
            self._remark(field, "a list in a text, read as a list")
            value = items
        if isinstance(value, list | tuple):
            found = list(_texts(value))
            if found or not value:
                self._remark_gaps(field, value)
                return between.join(found)
        return None

    def optional(self, field: str, value: object) -> str:
        """Return the text of a field that may be missing; what is no text is left out."""
        if isinstance(value, int | float) and not isinstance(value, bool) and not is_missing(value):
            self._remark(field, "a number, read as text")
            return str(value)
        text = self.text(field, value)
        if text is None:
            self._remark(field, f"{_kind(value)}, left out")
        elif isinstance(value, float):
            self._remark(field, "NaN, read as missing")
        return text or ""

    def names(self, field: str, value: object) -> list[str]:
        """Return the items of a list, or the lines of a text; what is neither is left out."""
        if isinstance(value, str):
            items = list_in(value)
            if items is None:
                return value.splitlines()
            value = items
        if is_missing(value):
            return []
        if isinstance(value, list | tuple):
            found = list(_texts(value))
            self._remark_gaps(field, value)
            return found
        self._remark(field, f"{_kind(value)}, left out")
        return []

    def identifier(self, field: str, value: object) -> str:
        """Return an id; empty if there is none."""
        if isinstance(value, float) and value.is_integer():
            return str(int(value))  # an integer in a column with gaps
        can_be = isinstance(value, str | int | float) and not isinstance(value, bool)
        if can_be and not is_missing(value) and str(value).strip():
            return str(value)
        self._remark(field, "missing or no id, so a hash of the content is taken")
        return ""

    def _remark_gaps(self, field: str, items: list[Any] | tuple[Any, ...]) -> None:
        if any(not list(_texts([one])) for one in items):
            self._remark(field, "items of a list that are no text, left out")

    def _remark(self, field: str, what: str) -> None:
        remark = f"{field}: {what}"
        if remark not in self.remarks:
            self.remarks.append(remark)


def is_missing(value: object) -> bool:
    """Return whether a value stands for none: `None` or not a number."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _texts(value: object) -> Iterator[str]:
    """Yield the texts of a list, also of lists in it and of tables that hold a text."""
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, list | tuple):
            waiting.extend(reversed(one))
        elif isinstance(one, Mapping):
            waiting.append(next((one[key] for key in _TEXT_KEYS if key in one), None))


def _kind(value: object) -> str:
    names = {
        dict: "a table",
        list: "a list",
        tuple: "a list",
        bool: "a truth value",
        bytes: "bytes",
    }
    return names.get(type(value), "a number" if isinstance(value, int | float) else "no text")
